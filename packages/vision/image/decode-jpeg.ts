import { isTransposed, toUpright } from '#packages/raster';

import { visionErrors } from '../errors.ts';
import type { DecodeOptions } from './decode-options.ts';
import { decodeWithSharp } from './decode-with-sharp.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { cmykToRgb } from './cmyk.ts';
import type { Decoded, Pixels } from './pixels.ts';
import { turboJpeg } from './turbo-jpeg.ts';
import type { TurboFault, TurboFormat, TurboJpeg } from './turbo-jpeg.ts';

/**
 * Decodes on the calling thread, which is a worker's: no thread hop, and memory that is used again.
 * @throws EdgeError `image.corrupt`, `image.unsupported`
 */
export async function decodeJpeg(bytes: Uint8Array, header: JpegHeader, options: DecodeOptions): Promise<Decoded> {
  if (header.bitsPerSample !== 8) {
    throw visionErrors.error(
      'image.unsupported',
      `the JPEG has ${header.bitsPerSample} bits per sample; 8 are supported`,
      { facts: { format: 'JPEG' } },
    );
  }
  const size = isTransposed(header.orientation)
    ? { width: header.height, height: header.width }
    : { width: header.width, height: header.height };
  const turbo = turboJpeg();
  const pixels = turbo && decodeWithTurbo(turbo, bytes, header, options, options.shrinkFor?.(size) ?? 1);
  return {
    size,
    pixels: pixels ?? (await decodeWithSharp(bytes, { maxPixels: options.maxPixels, cmyk: header.components === 4 })),
  };
}

/** Undefined if libvips may know what libjpeg-turbo does not. */
function decodeWithTurbo(
  turbo: TurboJpeg,
  bytes: Uint8Array,
  header: JpegHeader,
  options: DecodeOptions,
  shrink: number,
): Pixels | undefined {
  const width = Math.ceil(header.width / shrink);
  const height = Math.ceil(header.height / shrink);
  const format = formatOf(header, options.gray);
  const data = options.takePixels(width * height * CHANNELS[format]);
  const fault = turbo.decompress(bytes, data, width, height, format);
  if (fault && UNSUPPORTED.test(fault.message)) return undefined;
  if (fault && !isHarmless(fault)) {
    throw visionErrors.error(
      'image.corrupt',
      `the JPEG of ${bytes.length} bytes (${header.width}×${header.height}) is damaged: ${fault.message}`,
    );
  }
  const stored: Pixels =
    format === 'cmyk' ? cmykToRgb(data, width, height) : { width, height, channels: CHANNELS[format], data };
  return toUpright(stored, header.orientation);
}

const CHANNELS = { rgb: 3, gray: 1, cmyk: 4 } as const;

/** Brightness alone is what OpenCV's IMREAD_GRAYSCALE decodes, and a third of the work. */
function formatOf(header: JpegHeader, gray: boolean): TurboFormat {
  if (header.components === 4) return 'cmyk';
  return gray || header.components === 1 ? 'gray' : 'rgb';
}

function isHarmless(fault: TurboFault): boolean {
  return fault.isWarning && HARMLESS.test(fault.message);
}

/** Warnings of libjpeg-turbo (jerror.h) after which all pixels are right. */
const HARMLESS =
  /extraneous bytes before marker|Unknown Adobe color transform|Invalid SOS parameters|unknown JFIF revision/i;
const UNSUPPORTED = /unsupported|not supported|not implemented/i;
