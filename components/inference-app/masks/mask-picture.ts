import type SharpModule from 'sharp';
import { lazyPackage, messageOf } from '#packages/foundation';

import { appErrors } from '../errors.ts';
import type { LoadedImage } from '../frame/frame.ts';
import type { FrameMask } from './frame-mask.ts';

const loadSharp = lazyPackage<typeof SharpModule>('sharp');

/**
 * A picture file with its masks, as JPEG: upright, as the polygons were drawn.
 *
 * @param quality of the JPEG, 1 to 100
 * @throws EdgeError `source.not-masked` if it cannot be decoded: nobody looks at it then
 */
export async function maskPicture(image: LoadedImage, mask: FrameMask, quality: number): Promise<LoadedImage> {
  try {
    const upright = loadSharp()(image.bytes).autoOrient().removeAlpha().toColorspace('srgb');
    const { data, info } = await upright.raw().toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const layout = { width, height, matrix: 'bt601', range: 'full', strides: [channels * width] } as const;
    mask.apply({ ...layout, format: channels === 1 ? 'gray' : 'rgb24', data });
    const masked = loadSharp()(data, { raw: { width, height, channels } });
    return { bytes: await masked.jpeg({ quality }).toBuffer(), contentType: 'image/jpeg' };
  } catch (cause) {
    const message = `a picture of ${image.contentType} cannot be masked, so it is not looked at: ${messageOf(cause)}`;
    throw appErrors.error('source.not-masked', message, { cause });
  }
}
