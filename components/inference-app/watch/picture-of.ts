import { drawRaw } from '#packages/annotation';
import type { Frame, LoadedImage } from '../frame/frame.ts';

/** Browsers do not show these, or not all of them. */
const RAW_TYPES: readonly string[] = ['application/x-npy', 'image/bmp', 'image/tiff'];
const RAW_QUALITY = 95;

/**
 * The picture of a frame as a browser shows it: a file or a camera's picture as it is, a raw frame, BMP, TIFF and arrays as JPEG. Boxes are not drawn
 * on it: the page draws them, sharp in any size, and the same bytes may be kept as a sample.
 */
export function pictureOf(frame: Frame): Promise<LoadedImage> {
  return frame.withImage(async (image) => {
    if (!RAW_TYPES.includes(image.contentType)) return image;
    return { bytes: await drawRaw(image.bytes, RAW_QUALITY), contentType: 'image/jpeg' };
  });
}
