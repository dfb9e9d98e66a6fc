import * as z from 'zod';
import { listSetting, numberSetting } from '#packages/foundation';

const fraction = numberSetting({ min: 0, max: 1 });

/** Corners [x, y] as fractions of width and height. */
export function polygonSetting() {
  return listSetting(z.tuple([fraction, fraction])).refine(
    (corners) => corners.length >= 3,
    'a polygon has at least three corners',
  );
}
