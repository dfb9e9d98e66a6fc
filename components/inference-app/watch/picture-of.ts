import { drawArray } from '#packages/annotation';
import type { Frame, LoadedImage } from '../frame/frame.ts';

const ARRAY_TYPE = 'application/x-npy';
const ARRAY_QUALITY = 95;

/**
 * The picture of a frame as a browser shows it: a file or a camera's picture as it is, a raw frame as JPEG. Boxes are not drawn
 * on it: the page draws them, sharp in any size, and the same bytes may be kept as a sample.
 */
export function pictureOf(frame: Frame): Promise<LoadedImage> {
  return frame.withImage(async (image) => {
    if (image.contentType !== ARRAY_TYPE) return image;
    return { bytes: await drawArray(image.bytes, ARRAY_QUALITY), contentType: 'image/jpeg' };
  });
}
