import type { Prediction } from '#packages/model-package';

import { colorOf, WHITE } from './palette.ts';
import { fillRect } from './pen/rect.ts';
import type { Scale } from './scale.ts';
import type { Rgb, Surface } from './surface/surface.ts';
import { drawText, fittingText, textWidth } from './text/drawn-text.ts';

const MAX_ROWS = 5;
const LABEL_SHARE = 0.5;
const GROUND: Rgb = [11, 15, 20];

/** Classes of the whole picture: label, bar and score (of classes of pixels: share) per line, in a dark panel at the lower left. */
export function drawPanel(surface: Surface, predictions: readonly Prediction[], scale: Scale): void {
  const rows = predictions.slice(0, MAX_ROWS);
  if (rows.length === 0) return;
  const { text, padding } = scale;
  const rowHeight = text * 2;
  const scoreWidth = textWidth('0.00', text);
  const labels = rows.map((row) => fittingText(row.text ?? row.label, text, surface.width * LABEL_SHARE));
  const labelWidth = Math.max(...labels.map((label) => textWidth(label, text)));
  const fixed = labelWidth + scoreWidth + 6 * padding;
  const barWidth = Math.max(0, Math.min(text * 7, surface.width - fixed - 2 * padding));
  const width = fixed + barWidth;
  const height = rows.length * rowHeight + 2 * padding;
  const left = padding;
  const top = Math.max(0, surface.height - height - padding);
  fillRect(surface, { x: left, y: top, width, height }, { radius: padding, color: GROUND, opacity: 0.78 });
  rows.forEach((row, index) => {
    const middle = top + padding + (index + 0.5) * rowHeight;
    const line = { y: middle + text / 2, height: text, color: WHITE };
    const barLeft = left + labelWidth + 3 * padding;
    const bar = (part: number, color: Rgb, opacity: number): void => {
      const rect = { x: barLeft, y: middle - text * 0.4, width: Math.max(0, part) * barWidth, height: text * 0.8 };
      fillRect(surface, rect, { radius: text * 0.2, color, opacity });
    };
    drawText(surface, labels[index] ?? '', { ...line, x: left + padding * 1.5 });
    bar(1, WHITE, 0.16);
    bar(Math.min(1, valueOf(row)), colorOf(row.classId).fill, 1);
    drawText(surface, valueOf(row).toFixed(2), { ...line, x: barLeft + barWidth + 1.5 * padding });
  });
}

function valueOf({ share, score }: Prediction): number {
  return share ?? score;
}
