import type { HeatMap, Mask, Prediction } from '#packages/model-package';
import { numberOf, objectOf } from './read-json.ts';

/**
 * A prediction of a model's process, built again from what is known, by hand: this is done for each of each picture.
 * @throws Error if it is none
 */
export function predictionOf(value: unknown): Prediction {
  const { classId, label, score, box, keypoints, corners, angle, mask, share, threshold, heatMap, text, embedding } =
    objectOf(value);
  if (typeof label !== 'string') throw new Error('a prediction needs a label');
  if (text !== undefined && typeof text !== 'string') throw new Error('the text of a prediction must be a text');
  if (embedding !== undefined && typeof embedding !== 'string') throw new Error('an embedding must be a text');
  return {
    classId: numberOf(classId),
    label,
    score: numberOf(score),
    ...(text === undefined ? {} : { text }),
    ...(embedding === undefined ? {} : { embedding }),
    ...(threshold === undefined ? {} : { threshold: numberOf(threshold) }),
    ...(heatMap === undefined ? {} : { heatMap: heatMapOf(heatMap) }),
    ...(share === undefined ? {} : { share: numberOf(share) }),
    ...(box === undefined ? {} : { box: numbersOf(box, 4, 4) as unknown as NonNullable<Prediction['box']> }),
    ...(keypoints === undefined ? {} : { keypoints: listOf(keypoints).map((one) => numbersOf(one, 2, 3)) as never }),
    ...(corners === undefined ? {} : { corners: cornersOf(corners) }),
    ...(angle === undefined ? {} : { angle: numberOf(angle) }),
    ...(mask === undefined ? {} : { mask: maskOf(mask) }),
  };
}

function cornersOf(value: unknown): NonNullable<Prediction['corners']> {
  const corners = listOf(value).map((corner) => numbersOf(corner, 2, 2));
  if (corners.length !== 4) throw new Error('a turned box has four corners');
  return corners as unknown as NonNullable<Prediction['corners']>;
}

function heatMapOf(value: unknown): HeatMap {
  const { size, values } = objectOf(value);
  if (typeof values !== 'string') throw new Error('a heat map has values');
  return { size: numbersOf(size, 2, 2) as unknown as HeatMap['size'], values };
}

function maskOf(value: unknown): Mask {
  const { size, counts, polygons } = objectOf(value);
  if (polygons !== undefined) return { polygons: listOf(polygons).map((one) => numbersOf(one, 6, Infinity)) };
  if (typeof counts !== 'string') throw new Error('a mask has runs or polygons');
  return { size: numbersOf(size, 2, 2) as unknown as readonly [number, number], counts };
}

function numbersOf(value: unknown, least: number, most: number): readonly number[] {
  const numbers = listOf(value).map(numberOf);
  if (numbers.length < least || numbers.length > most) throw new Error('there are too many or too few numbers');
  return numbers;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error('a list was expected');
}
