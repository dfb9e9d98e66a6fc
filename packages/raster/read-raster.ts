import { isBmp, readBmp } from './bmp/read-bmp.ts';
import type { Raster } from './raster.ts';
import { isTiff, readTiff } from './tiff/read-tiff.ts';

/** The format that the bytes name; undefined if it is none of these. */
export function rasterFormat(bytes: Uint8Array): 'BMP' | 'TIFF' | undefined {
  return isBmp(bytes) ? 'BMP' : isTiff(bytes) ? 'TIFF' : undefined;
}

/**
 * The pixels of a BMP file without compression, or of a TIFF file without compression or packed without loss, as industrial cameras and
 * their programs write them. Takes as much memory as the pixels (twice as much of a packed file); a file that cannot hold all of
 * them is refused before.
 * @throws RasterFault
 */
export function readRaster(bytes: Uint8Array, maxPixels: number): Raster {
  return isBmp(bytes) ? readBmp(bytes, maxPixels) : readTiff(bytes, maxPixels);
}
