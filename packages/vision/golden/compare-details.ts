import { cosine, vectorOf } from '#packages/model-package';
import type { Prediction } from '#packages/model-package';
import { convexOverlap, maskOverlap } from '#packages/shapes';

export interface DetailTolerance {
  /** Largest difference of a key point's score. */
  readonly scoreTolerance: number;
  /** Smallest overlap of a turned box or a mask with the expected one. */
  readonly iou: number;
  /** Largest distance of a key point from the expected one, as a fraction of the longer side of its box. */
  readonly pointTolerance: number;
  /** Radians. */
  readonly angleTolerance: number;
}

/** Below this score, the place of a key point is a guess. */
const SEEN_FROM = 0.25;

/** Differences besides class, score and box, in phrases that follow the name of the prediction. */
export function compareDetails(
  actual: Prediction,
  expected: Prediction,
  tolerance: DetailTolerance,
): readonly string[] {
  return [
    ...keyPoints(actual, expected, tolerance),
    ...turnedBox(actual, expected, tolerance),
    ...pixels(actual, expected, tolerance),
    ...shares(actual, expected, tolerance),
    ...heat(actual, expected, tolerance),
    ...texts(actual, expected),
    ...vectors(actual, expected, tolerance),
  ];
}

function keyPoints(
  { keypoints: actual = [] }: Prediction,
  { keypoints: expected, box = [0, 0, 1, 1] }: Prediction,
  { pointTolerance, scoreTolerance }: DetailTolerance,
): readonly string[] {
  if (!expected) return actual.length === 0 ? [] : [`has ${actual.length} key points, and none are expected`];
  if (actual.length !== expected.length) return [`has ${actual.length} key points instead of ${expected.length}`];
  const allowed = pointTolerance * Math.max(box[2] - box[0], box[3] - box[1]);
  return expected.flatMap(([x, y, score], at) => {
    const [actualX, actualY, actualScore] = actual[at] as NonNullable<Prediction['keypoints']>[number];
    const differences: string[] = [];
    const distance = Math.hypot(actualX - x, actualY - y);
    if ((score ?? 1) >= SEEN_FROM && !(distance <= allowed))
      differences.push(`has key point ${at} at ${places(actualX, actualY)} instead of ${places(x, y)}`);
    if (score !== undefined && !(Math.abs((actualScore ?? NaN) - score) <= scoreTolerance))
      differences.push(`has key point ${at} with score ${rounded(actualScore)} instead of ${rounded(score)}`);
    return differences;
  });
}

function turnedBox(actual: Prediction, expected: Prediction, tolerance: DetailTolerance): readonly string[] {
  if (!expected.corners) return actual.corners ? ['is turned, and an upright box is expected'] : [];
  if (!actual.corners) return ['is upright, and a turned box is expected'];
  const overlap = convexOverlap(actual.corners, expected.corners);
  const differences =
    overlap >= tolerance.iou
      ? []
      : [`has a turned box that overlaps the expected one by ${rounded(overlap)}, and ${tolerance.iou} is needed`];
  if (expected.angle === undefined) return differences;
  // A square looks the same after a quarter of a turn; what is longer would not overlap.
  const off = Math.abs((actual.angle ?? NaN) - expected.angle) % (Math.PI / 2);
  return Math.min(off, Math.PI / 2 - off) <= tolerance.angleTolerance
    ? differences
    : [...differences, `has the angle ${rounded(actual.angle)} instead of ${rounded(expected.angle)}`];
}

function pixels(
  { mask: actual }: Prediction,
  { mask: expected, box = [0, 0, 1, 1] }: Prediction,
  { iou }: DetailTolerance,
) {
  if (!expected) return actual ? ['has a mask, and none is expected'] : [];
  if (!actual) return ['does not have a mask'];
  const overlap = maskOverlap(actual, expected, box);
  return overlap >= iou
    ? []
    : [`has a mask that overlaps the expected one by ${rounded(overlap)}, and ${iou} is needed`];
}

function shares({ share: actual }: Prediction, { share: expected }: Prediction, { scoreTolerance }: DetailTolerance) {
  if (expected === undefined) return actual === undefined ? [] : ['has a share of the image, and none is expected'];
  return Math.abs((actual ?? NaN) - expected) <= scoreTolerance
    ? []
    : [`covers ${rounded(actual)} of the image instead of ${rounded(expected)}`];
}

/** Cells of a map may differ by twice as much as scores: each stands for a few pixels. */
const CELL_TOLERANCES = 2;

function heat({ heatMap: actual }: Prediction, { heatMap: expected }: Prediction, { scoreTolerance }: DetailTolerance) {
  if (!expected) return actual ? ['has a heat map, and none is expected'] : [];
  if (!actual) return ['does not have a heat map'];
  const [rows, columns] = expected.size;
  if (actual.size[0] !== rows || actual.size[1] !== columns)
    return [`has a heat map of ${actual.size.join(' × ')} cells instead of ${rows} × ${columns}`];
  const [found, wanted] = [actual, expected].map(({ values }) => Buffer.from(values, 'base64')) as [Buffer, Buffer];
  const allowed = 255 * CELL_TOLERANCES * scoreTolerance;
  const off = Array.from({ length: rows * columns }, (_, at) => Math.abs((found[at] ?? NaN) - (wanted[at] ?? NaN)));
  const wrong = off.findIndex((difference) => !(difference <= allowed));
  if (wrong < 0) return [];
  const cell = `row ${Math.floor(wrong / columns)}, column ${wrong % columns}`;
  const [is, should] = [found[wrong], wanted[wrong]].map((byte) => rounded(byte === undefined ? byte : byte / 255));
  return [`has a heat map with ${is} instead of ${should} in ${cell}`];
}

function texts({ text: actual }: Prediction, { text: expected }: Prediction): readonly string[] {
  if (actual === expected) return [];
  if (expected === undefined) return [`reads ${JSON.stringify(actual)}, and no text is expected`];
  return [`reads ${actual === undefined ? 'no text' : JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
}

function vectors(
  { embedding: actual }: Prediction,
  { embedding: expected }: Prediction,
  { scoreTolerance }: DetailTolerance,
): readonly string[] {
  if (expected === undefined) return actual === undefined ? [] : ['has an embedding, and none is expected'];
  const [is, should] = [vectorOf(actual ?? ''), vectorOf(expected)];
  if (!is || !should) return ['does not have an embedding'];
  if (is.length !== should.length) return [`has an embedding of ${is.length} numbers instead of ${should.length}`];
  const near = cosine(is, should);
  return near >= 1 - scoreTolerance
    ? []
    : [`has an embedding whose cosine with the expected one is ${rounded(near)}, and ${1 - scoreTolerance} is needed`];
}

function places(x: number, y: number): string {
  return `[${rounded(x)}, ${rounded(y)}]`;
}

function rounded(value: number | undefined): string {
  return value === undefined ? 'none' : String(Math.round(value * 1000) / 1000);
}
