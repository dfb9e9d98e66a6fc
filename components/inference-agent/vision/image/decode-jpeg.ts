import type * as JpegTurbo from '@julusian/jpeg-turbo';

import { messageOf } from '../../../common/errors/edge-error.ts';
import { imageErrors } from '../errors.ts';
import { lazyPackage } from '../native-require.ts';
import { decodeWithSharp } from './decode-with-sharp.ts';
import type { DecodeOptions } from './decode-image.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { toUpright } from './orient.ts';
import type { Pixels } from './pixels.ts';

const loadTurbo = lazyPackage<typeof JpegTurbo>('@julusian/jpeg-turbo');

/**
 * Decodes on the calling thread, which is a worker's: no thread hop, and memory that is used again.
 * @throws EdgeError `image.corrupt`, `image.unsupported`
 */
export async function decodeJpeg(bytes: Uint8Array, header: JpegHeader, options: DecodeOptions): Promise<Pixels> {
  if (header.bitsPerSample !== 8) {
    throw imageErrors.error(
      'image.unsupported',
      `the JPEG has ${header.bitsPerSample} bits per sample; 8 are supported`,
    );
  }
  if (header.components === 4) return decodeWithSharp(bytes, { maxPixels: options.maxPixels, cmyk: true });
  // Brightness alone is what OpenCV's IMREAD_GRAYSCALE decodes, and a third of the work.
  const channels = options.grey || header.components === 1 ? 1 : 3;
  const out = options.buffer.take(header.width * header.height * channels);
  const fault = decompress(bytes, out, channels);
  if (fault && UNSUPPORTED.test(fault)) return decodeWithSharp(bytes, { maxPixels: options.maxPixels, cmyk: false });
  if (fault && !HARMLESS.test(fault)) {
    throw imageErrors.error(
      'image.corrupt',
      `the JPEG of ${bytes.length} bytes (${header.width}×${header.height}) is damaged: ${fault}`,
    );
  }
  return toUpright({ width: header.width, height: header.height, channels, data: out }, header.orientation);
}

/** Returns what libjpeg-turbo complained about. It throws for warnings too, after it has written all pixels. */
function decompress(bytes: Uint8Array, out: Buffer, channels: 1 | 3): string | undefined {
  const turbo = loadTurbo();
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    turbo.decompressSync(source, out, { format: channels === 1 ? turbo.FORMAT_GRAY : turbo.FORMAT_RGB });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Warnings of libjpeg-turbo (jerror.h) after which all pixels are right. */
const HARMLESS =
  /extraneous bytes before marker|Unknown Adobe color transform|Invalid SOS parameters|unknown JFIF revision/i;
/** What libvips may still know. */
const UNSUPPORTED = /unsupported|not supported|not implemented/i;
