import type { Mask } from '#packages/model-package';
import { encodeRuns, outlinesOf, paintMask, simplified } from '#packages/shapes';
import type { Placement } from '../resize/geometry.ts';
import type { MaskTarget } from './prototype-masks.ts';

/** Where the image lies in a map of `width` × `height` over the model's input, in whole pixels of the map. */
export function imageIn(
  { scaleX, scaleY, offsetX, offsetY }: Placement,
  width: number,
  height: number,
): MaskTarget['image'] {
  return {
    left: Math.round((-offsetX / scaleX) * width),
    top: Math.round((-offsetY / scaleY) * height),
    width: Math.round(width / scaleX),
    height: Math.round(height / scaleY),
  };
}

/** Outlines are off by a pixel at most; parts that have less than a hundredth of the largest one's pixels are left out. */
const [TOLERANCE_PIXELS, LEAST_PART] = [1, 0.01] as const;

/** Runs of an image, column by column, in the form that the package wants. */
export function maskOf(
  runs: readonly number[],
  { width, height }: Pick<MaskTarget['image'], 'width' | 'height'>,
  form: 'rle' | 'polygon',
): Mask {
  const mask = { size: [height, width] as const, counts: encodeRuns(runs) };
  if (form === 'rle') return mask;
  const borders = outlinesOf(paintMask(mask, [0, 0, 1, 1], width, height), width).filter(({ isHole }) => !isHole);
  const largest = Math.max(...borders.map(({ area }) => area));
  const polygons = borders
    .filter(({ area }) => area >= LEAST_PART * largest)
    .map(({ points }) => {
      const fewer = simplified(points, TOLERANCE_PIXELS);
      // A shape as thin as the tolerance is left as it is.
      return (fewer.length < 6 ? points : fewer).map((value, at) => value / (at % 2 === 0 ? width : height));
    });
  return { polygons };
}
