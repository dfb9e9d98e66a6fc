import { annotationErrors } from './errors.ts';
import { npyPixels } from './npy-pixels.ts';

/**
 * A uint8 npy array of the shape (height, width, channels) as JPEG in its own size.
 * @throws EdgeError `annotation.failed` for other arrays
 */
export async function drawArray(bytes: Uint8Array, quality: number): Promise<Buffer> {
  const pixels = npyPixels(bytes);
  if (!pixels) {
    const message = 'the array cannot be drawn: only uint8 npy arrays of the shape (height, width, channels) can';
    throw annotationErrors.error('annotation.failed', message);
  }
  const { data, width, height, channels } = pixels;
  const { default: sharp } = await import('sharp');
  const picture = sharp(data, { raw: { width, height, channels } }).flatten({ background: '#808080' });
  return picture.toColourspace('srgb').jpeg({ quality }).toBuffer();
}
