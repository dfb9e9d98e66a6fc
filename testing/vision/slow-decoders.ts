import type { OutputSpec, Prediction } from '#packages/model-package';
import type { Placement } from '#packages/vision';

/** Decoders as one would write them first: an object per box, every formula in full. Property tests hold the fast ones against them. */
export interface PlainBox {
  readonly score: number;
  readonly classId: number;
  /** x0, y0, x1, y1 as fractions of the model's input. */
  readonly box: readonly [number, number, number, number];
  /** The prediction's values besides its box. */
  readonly more?: Partial<Prediction>;
}

export function slowFinish(
  boxes: readonly PlainBox[],
  output: Extract<OutputSpec, { nms: unknown }>,
  placement: Omit<Placement, 'width' | 'height'>,
  labels: readonly string[],
): Prediction[] {
  const onImage = boxes
    .filter((one) => one.score >= output.scoreThreshold && one.box.every(Number.isFinite))
    .map((one, order) => ({ ...one, order, image: toImage(one.box, placement) }))
    .filter(({ image }) => image[2] > image[0] && image[3] > image[1]);
  let rest = onImage.sort((a, b) => b.score - a.score || a.order - b.order);
  const kept: typeof rest = [];
  while (rest.length > 0 && kept.length < output.maxDetections) {
    const [best, ...others] = rest;
    kept.push(best as (typeof rest)[number]);
    rest = others.filter((one) => {
      if (output.nms === 'none') return true;
      if (output.nms === 'class' && one.classId !== best?.classId) return true;
      return slowIou(one.box, (best as PlainBox).box) <= output.iouThreshold;
    });
  }
  return kept.map(({ classId, score, image, more }) => ({
    classId,
    label: labels[classId] ?? String(classId),
    score,
    box: image,
    ...more,
  }));
}

function slowIou(a: PlainBox['box'], b: PlainBox['box']): number {
  const left = Math.max(a[0], b[0]);
  const right = Math.min(a[2], b[2]);
  const top = Math.max(a[1], b[1]);
  const bottom = Math.min(a[3], b[3]);
  if (right <= left || bottom <= top) return 0;
  const shared = (right - left) * (bottom - top);
  const area = (box: PlainBox['box']): number => (box[2] - box[0]) * (box[3] - box[1]);
  return shared / (area(a) + area(b) - shared);
}

export function fromCenter(x: number, y: number, width: number, height: number): PlainBox['box'] {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** Position of the highest number; the first of equals. */
export function argmax(numbers: readonly number[]): number {
  return numbers.indexOf(Math.max(...numbers));
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** From rows to columns. */
export function transpose(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).flatMap((_, column) => rows.map((row) => row[column] as number));
}

function toImage(
  box: PlainBox['box'],
  placement: Omit<Placement, 'width' | 'height'>,
): [number, number, number, number] {
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  return [
    clip(box[0] * placement.scaleX + placement.offsetX),
    clip(box[1] * placement.scaleY + placement.offsetY),
    clip(box[2] * placement.scaleX + placement.offsetX),
    clip(box[3] * placement.scaleY + placement.offsetY),
  ];
}
