import type SharpModule from 'sharp';
import { lazyPackage, messageOf } from '#packages/foundation';
import { shownRaster } from '#packages/raster';

import { appErrors } from '../errors.ts';
import type { LoadedImage } from '../frame/frame.ts';
import type { FrameMask } from './frame-mask.ts';

/** 100 megapixels take 300 MB. */
const MAX_PIXELS = 100_000_000;

const loadSharp = lazyPackage<typeof SharpModule>('sharp');

/**
 * A picture file with its masks, as JPEG: upright, as the polygons were drawn.
 *
 * @param quality of the JPEG, 1 to 100
 * @throws EdgeError `source.not-masked` if it cannot be decoded: nobody looks at it then
 */
export async function maskPicture(image: LoadedImage, mask: FrameMask, quality: number): Promise<LoadedImage> {
  try {
    const { data, width, height, channels } = uncompressed(image.bytes) ?? (await decoded(image.bytes));
    const layout = { width, height, matrix: 'bt601', range: 'full', strides: [channels * width] } as const;
    mask.apply({ ...layout, format: channels === 1 ? 'gray' : 'rgb24', data });
    const masked = loadSharp()(data, { raw: { width, height, channels } });
    return { bytes: await masked.jpeg({ quality }).toBuffer(), contentType: 'image/jpeg' };
  } catch (cause) {
    const message = `a picture of ${image.contentType} cannot be masked, so it is not looked at: ${messageOf(cause)}`;
    throw appErrors.error('source.not-masked', message, { cause });
  }
}

/** BMP and TIFF, which sharp does not read, or as something else. */
function uncompressed(bytes: Uint8Array) {
  const raster = shownRaster(bytes, MAX_PIXELS);
  if (raster?.wasDeep) throw new Error('it has 16 bits, of which a JPEG would lose half');
  return raster;
}

async function decoded(bytes: Uint8Array) {
  const upright = loadSharp()(bytes).autoOrient().removeAlpha().toColorspace('srgb');
  const { data, info } = await upright.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data, width, height, channels };
}
