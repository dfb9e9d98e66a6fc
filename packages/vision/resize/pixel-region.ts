import type { Geometry, Point, Size } from './geometry.ts';

/** The region of a pass in pixels that may have been decoded smaller than its source, which then is the region. */
export function pixelRegion({ source, region }: Geometry, { width, height }: Size): Size & Point {
  const isWhole = source.width === width && source.height === height;
  return isWhole ? region : { x: 0, y: 0, width, height };
}
