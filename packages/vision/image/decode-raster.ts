import { RasterFault, readRaster } from '#packages/raster';
import type { Raster } from '#packages/raster';

import { visionErrors } from '../errors.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { Pixels } from './pixels.ts';

/**
 * BMP and TIFF. What `DecodeOptions` does not ask for is dropped as OpenCV's `imread` does: the lower byte, alpha.
 * @throws EdgeError `image.corrupt`, `image.unsupported`, `image.too-large`
 */
export function decodeRaster(
  format: 'BMP' | 'TIFF',
  bytes: Uint8Array,
  { maxPixels, deep = false, stored = false }: DecodeOptions,
): Pixels {
  const raster = read(format, bytes, maxPixels);
  const shallow = deep ? raster.data : withoutLowerByte(raster.data);
  const pixels: Pixels = { width: raster.width, height: raster.height, channels: raster.channels, data: shallow };
  return raster.hasAlpha && !stored ? withoutLast(pixels) : pixels;
}

function read(format: string, bytes: Uint8Array, maxPixels: number): Raster {
  try {
    return readRaster(bytes, maxPixels);
  } catch (cause) {
    if (!(cause instanceof RasterFault)) throw cause;
    const { kind, message, size } = cause;
    const what = `the ${format} of ${bytes.length} bytes`;
    switch (kind) {
      case 'corrupt':
        throw visionErrors.error('image.corrupt', `${what} cannot be read: ${message}`, { cause });
      case 'unsupported':
        throw visionErrors.error('image.unsupported', `${what} is of a kind that is not read: ${message}`, {
          cause,
          facts: { format },
        });
      case 'too-large':
        throw visionErrors.error('image.too-large', `${what} is too large: ${message}; the limit is ${maxPixels}`, {
          cause,
          facts: { ...size, maxPixels },
        });
    }
  }
}

function withoutLowerByte(data: Raster['data']): Uint8Array {
  return data instanceof Uint16Array ? Uint8Array.from(data, (value) => value >> 8) : data;
}

function withoutLast({ width, height, channels, data }: Pixels): Pixels {
  const kept = channels - 1;
  const all = new (data.constructor as Uint8ArrayConstructor)(width * height * kept);
  for (let pixel = 0, to = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < kept; channel++) all[to++] = data[pixel * channels + channel] as number;
  }
  return { width, height, channels: kept, data: all };
}
