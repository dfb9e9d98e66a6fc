import { visionErrors } from '../errors.ts';
import type { DecodeOptions } from './decode-options.ts';
import { decodeJpeg } from './decode-jpeg.ts';
import { decodeWithSharp } from './decode-with-sharp.ts';
import { decodeRaster } from './decode-raster.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { decodeNpy, imageShapeOf, readNpyHeader } from './npy.ts';
import type { Decoded, ImageSize, Pixels } from './pixels.ts';
import { isDeepPng, readPngHeader } from './png-header.ts';
import { sniffImage } from './sniff.ts';
import { readWebpHeader } from './webp-header.ts';

/**
 * The bytes of an image to upright pixels: JPEG, PNG, WebP, BMP, TIFF and npy arrays, told apart by their content.
 * Color profiles are ignored. Unless the options say otherwise, alpha is dropped and 16 bits become 8, as OpenCV's `imread` does.
 * @throws EdgeError `image.empty`, `image.unrecognised`, `image.unsupported`, `image.corrupt`, `image.too-large`
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<Decoded> {
  const format = sniffImage(bytes);
  switch (format) {
    case 'jpeg': {
      const header = readJpegHeader(bytes);
      refuseBomb(header, options.maxPixels);
      return decodeJpeg(bytes, header, options);
    }
    case 'npy': {
      const header = readNpyHeader(bytes);
      refuseBomb(imageShapeOf(header, options.stored), options.maxPixels);
      return whole(decodeNpy(bytes, header, options));
    }
    case 'bmp':
    case 'tiff':
      return whole(decodeRaster(format === 'bmp' ? 'BMP' : 'TIFF', bytes, options));
    case 'png':
    case 'webp':
      refuseBomb(format === 'png' ? readPngHeader(bytes) : readWebpHeader(bytes), options.maxPixels);
      return whole(
        await decodeWithSharp(bytes, { ...options, cmyk: false, deep: options.deep === true && isDeepPng(bytes) }),
      );
  }
}

function whole(pixels: Pixels): Decoded {
  return { pixels, size: { width: pixels.width, height: pixels.height } };
}

function refuseBomb(size: ImageSize, maxPixels: number): void {
  if (size.width * size.height <= maxPixels) return;
  throw visionErrors.error(
    'image.too-large',
    `the image has ${size.width}×${size.height} = ${size.width * size.height} pixels; the limit is ${maxPixels}`,
    { facts: { width: size.width, height: size.height, maxPixels } },
  );
}
