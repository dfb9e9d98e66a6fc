import type * as Koffi from 'koffi';
import { turboLibrary } from '#packages/jpeg';

/** Constants of turbojpeg.h. */
const FLAGS = { accurateDct: 4096, limitScans: 32768 } as const;
const PIXEL_FORMAT = { rgb: 0, gray: 6, cmyk: 11 } as const;

export type TurboFormat = keyof typeof PIXEL_FORMAT;

export interface TurboFault {
  /** A warning: all pixels were written, though some may be guessed. */
  readonly isWarning: boolean;
  readonly message: string;
}

export interface TurboJpeg {
  /**
   * Decodes into `out`, `width` × `height` pixels without padding. A size of ceil(full / 2), / 4 or / 8 decodes that much smaller
   * in the DCT, which is faster. Returns what the library complained about.
   */
  decompress(
    bytes: Uint8Array,
    out: Uint8Array,
    width: number,
    height: number,
    format: TurboFormat,
  ): TurboFault | undefined;
}

let loaded: { readonly turbo: TurboJpeg | undefined } | undefined;

/**
 * libjpeg-turbo, called directly. The binding of the package that brings it always decodes with the fast, less exact DCT, whose
 * pixels are 1 off on average and up to 20 in fine images, and it cannot decode smaller; the accurate DCT gives the very pixels
 * of OpenCV and Pillow and takes the same time. Undefined if the library does not come as one: sharp decodes instead.
 */
export function turboJpeg(): TurboJpeg | undefined {
  loaded ??= { turbo: load() };
  return loaded.turbo;
}

function load(): TurboJpeg | undefined {
  const library = turboLibrary();
  return library && bind(library);
}

function bind(library: Koffi.LibraryHandle): TurboJpeg {
  const init = library.func('void *tjInitDecompress()') as () => unknown;
  const destroy = library.func('int tjDestroy(void *handle)') as (handle: unknown) => number;
  const errorCode = library.func('int tjGetErrorCode(void *handle)') as (handle: unknown) => number;
  const errorText = library.func('const char *tjGetErrorStr2(void *handle)') as (handle: unknown) => string;
  const decompress = library.func(
    'int tjDecompress2(void *handle, const uint8_t *jpeg, unsigned long size, uint8_t *out, int width, int pitch, int height, int format, int flags)',
  ) as (handle: unknown, jpeg: Uint8Array, size: number, out: Uint8Array, ...sizes: number[]) => number;
  return {
    decompress(bytes, out, width, height, format) {
      // A handle for each image costs microseconds and leaves nothing behind when a worker is ended.
      const handle = init();
      try {
        const flags = FLAGS.accurateDct | FLAGS.limitScans;
        if (decompress(handle, bytes, bytes.length, out, width, 0, height, PIXEL_FORMAT[format], flags) === 0)
          return undefined;
        return { isWarning: errorCode(handle) === 0, message: errorText(handle) };
      } finally {
        destroy(handle);
      }
    },
  };
}
