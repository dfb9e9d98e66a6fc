import path from 'node:path';

import type * as Koffi from 'koffi';
import { lazyPackage, resolvePackage } from '#packages/foundation';

export const loadKoffi = lazyPackage<typeof Koffi>('koffi');
let loaded: { readonly library: Koffi.LibraryHandle | undefined } | undefined;

/**
 * libjpeg-turbo as the package @julusian/jpeg-turbo brings it, to be called directly: that package's own binding leaves out most of it.
 * Undefined if the library does not come as one: Windows and macOS.
 */
export function turboLibrary(): Koffi.LibraryHandle | undefined {
  loaded ??= { library: load() };
  return loaded.library;
}

function load(): Koffi.LibraryHandle | undefined {
  const main = resolvePackage('@julusian/jpeg-turbo/package.json');
  if (main === undefined || process.platform !== 'linux') return undefined;
  for (const libc of ['', '-musl']) {
    const file = path.join(
      path.dirname(main),
      'prebuilds',
      `jpeg-turbo-linux-${process.arch}${libc}`,
      'libturbojpeg.so.0',
    );
    try {
      return loadKoffi().load(file);
    } catch {
      // Another C library or no koffi for this machine.
    }
  }
  return undefined;
}
