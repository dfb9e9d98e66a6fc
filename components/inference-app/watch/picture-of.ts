import { drawRaw } from '#packages/annotation';
import type { Frame, LoadedImage } from '../frame/frame.ts';

/** Browsers do not show these, or not all of them. */
const RAW_TYPES: readonly string[] = ['application/x-npy', 'image/bmp', 'image/tiff'];
const RAW_QUALITY = 95;

/**
 * The picture of a frame as a browser shows it: a file or a camera's picture as it is, a raw frame, BMP, TIFF and arrays as JPEG. Boxes are not drawn
 * on it: the page draws them, sharp in any size, and the same bytes may be kept as a sample. Undefined of arrays for models that take
 * tensors.
 */
export function pictureOf(frame: Frame): Promise<LoadedImage | undefined> {
  return frame.withImage(async (image) => {
    if (image.contentType === 'application/x-npz') return undefined;
    if (!RAW_TYPES.includes(image.contentType)) return image;
    const drawing = drawRaw(image.bytes, RAW_QUALITY);
    const bytes = await (image.contentType === 'application/x-npy' ? drawing.catch(() => undefined) : drawing);
    return bytes && { bytes, contentType: 'image/jpeg' };
  });
}
