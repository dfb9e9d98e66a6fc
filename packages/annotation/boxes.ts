import type { Prediction } from '#packages/model-package';

import { BLACK, colorOf } from './palette.ts';
import type { ClassColor } from './palette.ts';
import { fillRect, strokeRect } from './pen/rect.ts';
import type { Rect } from './pen/rect.ts';
import type { Canvas, Scale } from './scale.ts';
import { drawShape } from './shapes.ts';
import type { Surface } from './surface/surface.ts';
import { drawText, textWidth } from './text/drawn-text.ts';

/** Boxes with a label each: lowest scores first, so that the best lie on top; labels above all boxes. */
export function drawBoxes(surface: Surface, predictions: readonly Prediction[], scale: Scale): void {
  const placed = [...predictions].reverse().map((prediction) => ({ prediction, rect: rectOf(prediction, surface) }));
  // The best choose their places first, and are drawn last.
  const labels = placeLabels([...placed].reverse(), surface, scale);
  for (const { prediction, rect } of placed) drawShape(surface, prediction, rect, scale);
  for (const label of labels.reverse()) drawLabel(surface, label, scale);
}

interface Placed {
  readonly prediction: Prediction;
  readonly rect: Rect;
}

interface Label {
  readonly text: string;
  readonly color: ClassColor;
  readonly chip: Rect;
}

/** Where the label of each box goes, without one hiding another if there is room. */
export function placeLabels(boxes: readonly Placed[], canvas: Canvas, scale: Scale): Label[] {
  const taken: Rect[] = [];
  return boxes.map(({ prediction, rect }) => {
    const text = `${prediction.text ?? prediction.label} ${prediction.score.toFixed(2)}`;
    const size = { width: textWidth(text, scale.text) + 2 * scale.padding, height: scale.text + 2 * scale.padding };
    const chip = freePlace(rect, size, canvas, scale, taken);
    taken.push(chip);
    return { text, color: colorOf(prediction.classId), chip };
  });
}

function drawLabel(surface: Surface, { text, color, chip }: Label, { text: height, line, padding }: Scale): void {
  const radius = padding * 0.6;
  fillRect(surface, chip, { radius, color: color.fill, opacity: 1 });
  strokeRect(surface, chip, line * 0.4, { radius, color: BLACK, opacity: 0.55 });
  drawText(surface, text, { x: chip.x + padding, y: chip.y + chip.height - padding, height, color: color.ink });
}

/** Above the box, else below it, else inside; the first of these that covers no other label. */
function freePlace(
  box: Rect,
  size: Pick<Rect, 'width' | 'height'>,
  canvas: Canvas,
  scale: Scale,
  taken: readonly Rect[],
): Rect {
  const half = scale.line / 2;
  const x = clamp(box.x - half, 0, canvas.width - size.width);
  const right = clamp(box.x + box.width + half - size.width, 0, canvas.width - size.width);
  const above = box.y - half - size.height;
  const below = box.y + box.height + half;
  const places = [
    { x, y: above },
    { x: right, y: above },
    { x, y: below },
    { x: right, y: below },
    { x, y: box.y + half },
    { x, y: box.y + box.height - half - size.height },
  ].map((place) => ({ ...place, ...size }));
  const inside = places.filter(({ y }) => y >= 0 && y + size.height <= canvas.height);
  const free = inside.find((place) => !taken.some((other) => overlaps(place, other)));
  return free ?? inside[0] ?? { x, y: clamp(above, 0, canvas.height - size.height), ...size };
}

export function rectOf({ box = [0, 0, 1, 1] }: Prediction, { width, height }: Canvas): Rect {
  const [x0, y0, x1, y1] = box.map((part) => clamp(part, 0, 1)) as [number, number, number, number];
  return {
    x: x0 * width,
    y: y0 * height,
    width: Math.max(1, (x1 - x0) * width),
    height: Math.max(1, (y1 - y0) * height),
  };
}

function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
