import { vectorOf } from '#packages/model-package';
import type { Prediction } from '#packages/model-package';
import { messageOf } from '#packages/foundation';
import { unusableGolden } from './unusable-golden.ts';

/**
 * The predictions that a package expects. By hand: this runs in the process of a model, which would load zod for nothing else.
 * @throws EdgeError `model.golden-unusable`
 */
export function parseExpected(bytes: Uint8Array, file: string): readonly Prediction[] {
  try {
    const list: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!Array.isArray(list)) throw new Error('it is not a list');
    return list.map((value, index) => {
      const problem = problemOf(value);
      if (problem !== undefined) throw new Error(`${problem} at ${index}`);
      return value as Prediction;
    });
  } catch (error) {
    const what = `it must be a JSON array of {classId, label, score, box?, keypoints?, corners?, angle?, mask?, share?, threshold?, heatMap?, text?, embedding?}: ${messageOf(error)}`;
    throw unusableGolden(file, what, error);
  }
}

/** Undefined for a prediction; it may have more keys. */
function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'an object was expected';
  const { classId, label, score, box, keypoints, corners, angle, mask, share, threshold, heatMap, text, embedding } =
    value as Partial<Record<keyof Prediction, unknown>>;
  if (!Number.isSafeInteger(classId)) return '"classId" must be a whole number';
  if (typeof label !== 'string') return '"label" must be a text';
  if (!Number.isFinite(score)) return '"score" must be a number';
  if (box !== undefined && !isBox(box)) return '"box" must be four numbers from 0 to 1';
  if (keypoints !== undefined && !(Array.isArray(keypoints) && keypoints.every((point) => isPoint(point, 3))))
    return '"keypoints" must be a list of [x, y] or [x, y, score]';
  if (
    corners !== undefined &&
    !(Array.isArray(corners) && corners.length === 4 && corners.every((one) => isPoint(one)))
  )
    return '"corners" must be four [x, y]';
  if (angle !== undefined && !Number.isFinite(angle)) return '"angle" must be a number';
  if (mask !== undefined && !isMask(mask)) return '"mask" must be {size, counts} or {polygons}';
  if (share !== undefined && !Number.isFinite(share)) return '"share" must be a number';
  if (threshold !== undefined && !Number.isFinite(threshold)) return '"threshold" must be a number';
  if (heatMap !== undefined && !isHeatMap(heatMap)) return '"heatMap" must be {size, values}';
  if (text !== undefined && typeof text !== 'string') return '"text" must be a text';
  if (embedding !== undefined && (typeof embedding !== 'string' || !vectorOf(embedding)))
    return '"embedding" must be float32 numbers in base64';
  return undefined;
}

function isHeatMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { size, values } = value as Readonly<Record<string, unknown>>;
  return isSize(size) && typeof values === 'string';
}

function isSize(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((side) => Number.isSafeInteger(side) && side >= 1);
}

function isPoint(value: unknown, most = 2): boolean {
  return Array.isArray(value) && value.length >= 2 && value.length <= most && value.every(Number.isFinite);
}

function isMask(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { size, counts, polygons } = value as Readonly<Record<string, unknown>>;
  if (isSize(size) && typeof counts === 'string') return true;
  return (
    Array.isArray(polygons) &&
    polygons.every((one) => Array.isArray(one) && one.length >= 6 && one.every(Number.isFinite))
  );
}

function isBox(value: unknown): boolean {
  return Array.isArray(value) && value.length === 4 && value.every((corner) => corner >= 0 && corner <= 1);
}
