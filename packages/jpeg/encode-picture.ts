import type * as Koffi from 'koffi';
import { lazyPackage } from '#packages/foundation';
import type * as SharpModule from 'sharp';

import { jpegErrors } from './errors.ts';
import { ROW_ALIGNMENT } from './jpeg-picture.ts';
import type { JpegPicture } from './jpeg-picture.ts';
import { planesToRgb } from './planes-to-rgb.ts';
import { loadKoffi, turboLibrary } from './turbo-library.ts';

export interface EncodeOptions {
  /** JPEG quality, 1 to 100. */
  readonly quality: number;
}

/**
 * JPEG in 4:2:0, the planes as they are. On the calling thread, 2 to 4 ms for 1920×1080, by the time that this returns.
 * The picture may be changed once this has returned, before the promise resolves.
 * @throws EdgeError `jpeg.not-encoded`
 */
export function encodePicture(picture: JpegPicture, { quality }: EncodeOptions): Promise<Buffer> {
  const encode = (bound ??= { encode: bind() }).encode;
  return encode ? encode(picture, quality) : encodeWithSharp(picture, quality);
}

type Encode = (picture: JpegPicture, quality: number) => Promise<Buffer>;

let bound: { readonly encode: Encode | undefined } | undefined;
const loadSharp = lazyPackage<typeof SharpModule.default>('sharp');

/** Constant of turbojpeg.h. */
const TJSAMP_420 = 2;

/** Undefined if libjpeg-turbo cannot be called. */
function bind(): Encode | undefined {
  const library = turboLibrary();
  if (!library) return undefined;
  const koffi = loadKoffi();
  const init = library.func('void *tjInitCompress()') as () => unknown;
  const destroy = library.func('int tjDestroy(void *handle)') as (handle: unknown) => number;
  const free = library.func('void tjFree(void *buffer)') as (buffer: unknown) => void;
  const errorText = library.func('const char *tjGetErrorStr2(void *handle)') as (handle: unknown) => string;
  const compress = library.func(
    'int tjCompressFromYUV(void *handle, const uint8_t *planes, int width, int align, int height, int subsampling, _Inout_ void **jpeg, _Inout_ unsigned long *size, int quality, int flags)',
  ) as (handle: unknown, planes: Uint8Array, ...rest: unknown[]) => number;
  return async ({ data, width, height }, quality) => {
    // A handle for each picture costs microseconds, and a thread that is ended leaves none behind.
    const handle = init();
    const jpeg: unknown[] = [null];
    const size = [0];
    try {
      const status = compress(handle, data, width, ROW_ALIGNMENT, height, TJSAMP_420, jpeg, size, quality, 0);
      if (status !== 0) throw notEncoded(width, height, errorText(handle));
      return copyOf(koffi, jpeg[0], size[0] ?? 0);
    } finally {
      if (jpeg[0]) free(jpeg[0]);
      destroy(handle);
    }
  };
}

function copyOf(koffi: typeof Koffi, at: unknown, bytes: number): Buffer {
  return Buffer.from(new Uint8Array(koffi.view(at as Koffi.TypeObject, bytes)));
}

async function encodeWithSharp(picture: JpegPicture, quality: number): Promise<Buffer> {
  const { width, height } = picture;
  const image = loadSharp()(planesToRgb(picture), { raw: { width, height, channels: 3 } });
  try {
    return await image.jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
  } catch (thrown) {
    throw notEncoded(width, height, String(thrown));
  }
}

function notEncoded(width: number, height: number, reason: string): Error {
  return jpegErrors.error('jpeg.not-encoded', `a picture of ${width}×${height} cannot be written as JPEG: ${reason}`);
}
