import { messageOf } from '#packages/foundation';
import { shownRaster } from '#packages/raster';
import { consoleErrors } from '../errors.ts';

const EDGE = 320;
const QUALITY = 72;
/** A picture of more pixels is not unpacked: 100 megapixels take 300 MB. */
const MAX_PIXELS = 100_000_000;

/** A picture in the size of a stamp, upright, as WebP. @throws EdgeError `console.no-picture` */
export async function thumbnailOf(input: Uint8Array): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  sharp.concurrency(1);
  sharp.cache(false);
  try {
    const raster = shownRaster(input, MAX_PIXELS);
    const picture = raster
      ? sharp(raster.data, { raw: { width: raster.width, height: raster.height, channels: raster.channels } })
      : sharp(input, { failOn: 'none', limitInputPixels: MAX_PIXELS }).autoOrient();
    return await picture
      .resize(EDGE, EDGE, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY })
      .toBuffer();
  } catch (cause) {
    const message = `the sample cannot be shown as a picture: ${messageOf(cause)}`;
    throw consoleErrors.error('console.no-picture', message, { cause });
  }
}
