import type { Prediction } from '#packages/model-package';

import { drawnText, textWidth } from './drawn-text.ts';
import { colourOf } from './palette.ts';
import type { Canvas, Scale } from './scale.ts';

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes with a label each: lowest scores first, so that the best lie on top; labels above all boxes. */
export function boxElements(predictions: readonly Prediction[], canvas: Canvas, scale: Scale): readonly string[] {
  const placed = [...predictions].reverse().map((prediction) => ({ prediction, rect: rectOf(prediction, canvas) }));
  const taken: Rect[] = [];
  // The best choose their places first, and are drawn last.
  const labels = [...placed].reverse().map(({ prediction, rect }) => label(prediction, rect, canvas, scale, taken));
  return [
    ...placed.map(({ prediction, rect }) => frame(rect, colourOf(prediction.classId).fill, scale)),
    ...labels.reverse(),
  ];
}

/** A coloured frame on a darker one, so that it stands out on any ground. */
function frame({ x, y, width, height }: Rect, colour: string, { line }: Scale): string {
  const rect = `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="${px(line)}" fill="none"`;
  return `${rect} stroke="#000000" stroke-opacity="0.55" stroke-width="${px(line * 1.8)}"/>${rect} stroke="${colour}" stroke-width="${px(line)}"/>`;
}

function label(prediction: Prediction, box: Rect, canvas: Canvas, scale: Scale, taken: Rect[]): string {
  const text = `${prediction.label} ${prediction.score.toFixed(2)}`;
  const { fill, ink } = colourOf(prediction.classId);
  const size = { width: textWidth(text, scale.text) + 2 * scale.padding, height: scale.text + 2 * scale.padding };
  const chip = freePlace(box, size, canvas, scale, taken);
  taken.push(chip);
  const { x, y, width, height } = chip;
  const ground = `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="${px(scale.padding * 0.6)}" fill="${fill}" stroke="#000000" stroke-opacity="0.55" stroke-width="${px(scale.line * 0.4)}"/>`;
  return (
    ground + drawnText(text, { x: x + scale.padding, y: y + height - scale.padding, height: scale.text, colour: ink })
  );
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

function rectOf({ box = [0, 0, 1, 1] }: Prediction, { width, height }: Canvas): Rect {
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

function px(value: number): number {
  return Math.round(value * 100) / 100;
}
