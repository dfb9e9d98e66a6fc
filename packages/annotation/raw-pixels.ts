import { shownRaster } from '#packages/raster';

import { npyPixels } from './npy-pixels.ts';

/** Larger BMP and TIFF files are not drawn: 100 megapixels take 300 MB. */
const MAX_PIXELS = 100_000_000;

/**
 * The pixels of a picture that sharp does not read: BMP, TIFF, and uint8 npy arrays of the shape (height, width,
 * channels). Undefined for others.
 * @throws RasterFault
 */
export function rawPixels(bytes: Uint8Array) {
  return shownRaster(bytes, MAX_PIXELS) ?? npyPixels(bytes);
}
