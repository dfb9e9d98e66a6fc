import { rasterFormat, readRaster } from './read-raster.ts';

/** A picture that other tools show. */
interface ShownRaster {
  readonly width: number;
  readonly height: number;
  /** 1: gray. 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
  /** Whether its values had 16 bits, of which the 8 that matter are left: the brightest pixel is not darker than half. */
  readonly wasDeep: boolean;
}

/**
 * The pixels of a BMP or TIFF file for a person to look at; undefined if the bytes are neither.
 * @throws RasterFault
 */
export function shownRaster(bytes: Uint8Array, maxPixels: number): ShownRaster | undefined {
  if (rasterFormat(bytes) === undefined) return undefined;
  const { width, height, channels, data } = readRaster(bytes, maxPixels);
  const wasDeep = data instanceof Uint16Array;
  // A camera's 10 or 12 bits lie in the lower ones of 16.
  const brightest = wasDeep ? data.reduce((most, value) => Math.max(most, value), 0) : 0;
  const shift = Math.max(0, 24 - Math.clz32(brightest));
  const shown = channels < 3 ? 1 : 3;
  const all = new Uint8Array(width * height * shown);
  for (let pixel = 0, to = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < shown; channel++) all[to++] = (data[pixel * channels + channel] as number) >> shift;
  }
  return { width, height, channels: shown, data: all, wasDeep };
}
