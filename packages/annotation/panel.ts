import type { Prediction } from '#packages/model-package';

import { drawnText, fittingText, textWidth } from './drawn-text.ts';
import { colourOf } from './palette.ts';
import type { Canvas, Scale } from './scale.ts';

const MAX_ROWS = 5;
const LABEL_SHARE = 0.5;

/** Classes of the whole picture: label, bar and score per line, in a dark panel at the lower left. */
export function panelElements(predictions: readonly Prediction[], canvas: Canvas, scale: Scale): readonly string[] {
  const rows = predictions.slice(0, MAX_ROWS);
  if (rows.length === 0) return [];
  const { text, padding } = scale;
  const rowHeight = text * 2;
  const scoreWidth = textWidth('0.00', text);
  const labels = rows.map((row) => fittingText(row.label, text, canvas.width * LABEL_SHARE));
  const labelWidth = Math.max(...labels.map((label) => textWidth(label, text)));
  const fixed = labelWidth + scoreWidth + 6 * padding;
  const barWidth = Math.max(0, Math.min(text * 7, canvas.width - fixed - 2 * padding));
  const width = fixed + barWidth;
  const height = rows.length * rowHeight + 2 * padding;
  const left = padding;
  const top = Math.max(0, canvas.height - height - padding);
  const ground = `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="${padding}" fill="#0b0f14" fill-opacity="0.78"/>`;
  const lines = rows.map((row, index) => {
    const middle = top + padding + (index + 0.5) * rowHeight;
    const base = middle + text / 2;
    const barLeft = left + labelWidth + 3 * padding;
    const colour = colourOf(row.classId).fill;
    const bar = (part: number, fill: string, opacity: number): string =>
      `<rect x="${barLeft}" y="${middle - text * 0.4}" width="${Math.max(0, part) * barWidth}" height="${text * 0.8}" rx="${text * 0.2}" fill="${fill}" fill-opacity="${opacity}"/>`;
    return [
      drawnText(labels[index] ?? '', { x: left + padding * 1.5, y: base, height: text, colour: '#ffffff' }),
      bar(1, '#ffffff', 0.16),
      bar(Math.min(1, row.score), colour, 1),
      drawnText(row.score.toFixed(2), {
        x: barLeft + barWidth + 1.5 * padding,
        y: base,
        height: text,
        colour: '#ffffff',
      }),
    ].join('');
  });
  return [ground, ...lines];
}
