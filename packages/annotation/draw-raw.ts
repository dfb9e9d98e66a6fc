import { messageOf } from '#packages/foundation';
import { annotationErrors } from './errors.ts';
import { rawPixels } from './raw-pixels.ts';

/**
 * A picture that browsers do not show as JPEG, in its own size: BMP, TIFF, or a uint8 npy array of the shape (height, width, channels).
 * @throws EdgeError `annotation.failed` for others
 */
export async function drawRaw(bytes: Uint8Array, quality: number): Promise<Buffer> {
  const { data, width, height, channels } = pixelsOf(bytes);
  const { default: sharp } = await import('sharp');
  const picture = sharp(data, { raw: { width, height, channels } }).flatten({ background: '#808080' });
  return picture.toColourspace('srgb').jpeg({ quality }).toBuffer();
}

function pixelsOf(bytes: Uint8Array) {
  let why = 'only BMP, TIFF and uint8 npy arrays of the shape (height, width, channels) can';
  try {
    const pixels = rawPixels(bytes);
    if (pixels) return pixels;
  } catch (thrown) {
    why = messageOf(thrown);
  }
  throw annotationErrors.error('annotation.failed', `the picture cannot be drawn: ${why}`);
}
