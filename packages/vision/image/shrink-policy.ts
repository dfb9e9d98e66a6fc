import type { Geometry } from '../resize/geometry.ts';
import type { ImageSize } from './pixels.ts';

/** The factor that is left for the filter after shrinking: with half as much again nobody sees the difference (Pillow's reducing_gap). */
const GAP_FOR_FILTERS = 3;

const AVERAGING: ReadonlySet<string> = new Set(['area', 'bicubic', 'lanczos']);

/** Too small for the DCT's rounding up to matter. */
const SMALLEST_SIDE = 64;

/**
 * How much smaller a JPEG may be decoded. Filters that average lose next to nothing as long as enough is left for them; for `bilinear`,
 * which looks at two pixels however large the image is, every shrinking changes the result, and `box` is chosen for plain means of
 * pixels: with these it happens only on demand.
 */
export function shrinkPolicy(
  firstPass: (size: ImageSize) => Geometry,
  reducedDecode: boolean,
): (size: ImageSize) => 1 | 2 | 4 | 8 {
  return (size) => {
    const { source, region, resized, filter } = firstPass(size);
    if (region.width !== source.width || region.height !== source.height) return 1;
    const gap = reducedDecode ? 1 : AVERAGING.has(filter) ? GAP_FOR_FILTERS : Infinity;
    const room = Math.min(size.width / resized.width, size.height / resized.height);
    for (const shrink of [8, 4, 2] as const) {
      if (room >= shrink * gap && Math.min(size.width, size.height) / shrink >= SMALLEST_SIDE) return shrink;
    }
    return 1;
  };
}
