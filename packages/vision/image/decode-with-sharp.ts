import type Sharp from 'sharp';
import type { OutputInfo } from 'sharp';
import { lazyPackage, messageOf } from '#packages/foundation';
import { visionErrors } from '../errors.ts';
import { cmykToRgb } from './cmyk.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { Pixels } from './pixels.ts';

/** Loading it costs 30 ms of a cold start, so only what the fast decoder cannot do comes here. */
const loadSharp = lazyPackage<typeof Sharp>('sharp');

/**
 * PNG, WebP and the odd kinds of JPEG: upright. Color profiles are ignored. By default alpha is dropped and 16 bits become 8, as OpenCV does.
 * @throws EdgeError `image.corrupt` also where the end of the file is missing
 */
export async function decodeWithSharp(
  bytes: Uint8Array,
  options: Pick<DecodeOptions, 'maxPixels' | 'deep' | 'stored'> & { readonly cmyk: boolean },
): Promise<Pixels> {
  const sharp = loadSharp();
  // Workers decode side by side already; a pool of threads for each would only add memory.
  sharp.concurrency(1);
  sharp.cache(false);
  try {
    const image = sharp(bytes, {
      limitInputPixels: options.maxPixels,
      failOn: 'truncated',
      ignoreIcc: true,
      pages: 1,
    }).autoOrient();
    if (options.cmyk) {
      const raw = await image
        .pipelineColourspace('cmyk')
        .toColourspace('cmyk')
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true });
      // libvips has turned the ink the right way round.
      return cmykToRgb(
        raw.data.map((ink) => 255 - ink),
        raw.info.width,
        raw.info.height,
      );
    }
    const { deep = false, stored = false } = options;
    const opaque = stored ? image : image.removeAlpha();
    const raw = await opaque
      .toColourspace(deep ? 'rgb16' : 'srgb')
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { data } = raw;
    return toPixels(deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data, raw.info, stored);
  } catch (error) {
    throw visionErrors.error(
      'image.corrupt',
      `the image of ${bytes.length} bytes cannot be decoded: ${firstLine(error)}`,
      { cause: error },
    );
  }
}

function toPixels(data: Pixels['data'], info: OutputInfo, stored: boolean): Pixels {
  const { width, height, channels } = info;
  if (stored || channels === 1 || channels === 3) return { width, height, channels, data };
  throw new Error(`${channels} channels after conversion`);
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0] ?? '';
}
