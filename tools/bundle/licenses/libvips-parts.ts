import { buildErrors } from '../errors.ts';
import type { BundledSoftware } from './bundled-software.ts';
import { standardTexts } from './standard-text.ts';

interface Library {
  readonly name: string;
  readonly license: string;
  readonly source: string;
  readonly note?: string;
}

const LGPL = 'LGPL-3.0-or-later';

/**
 * The libraries that are linked into the libvips of @img/sharp-libvips-*, by its key in versions.json of that package. Licenses as its
 * README states them: the LGPL ones are used under version 3, by the "any later version" clause of 2 and 2.1.
 */
const LIBRARIES: Readonly<Record<string, Library>> = {
  aom: {
    name: 'aom',
    license: 'BSD-2-Clause',
    source: 'https://aomedia.googlesource.com/aom',
    note: 'With the Alliance for Open Media Patent License 1.0, https://aomedia.org/license/patent-license/',
  },
  archive: { name: 'libarchive', license: 'BSD-2-Clause', source: 'https://github.com/libarchive/libarchive' },
  cairo: { name: 'cairo', license: 'MPL-1.1', source: 'https://gitlab.freedesktop.org/cairo/cairo' },
  cgif: { name: 'cgif', license: 'MIT', source: 'https://github.com/dloebl/cgif' },
  exif: { name: 'libexif', license: LGPL, source: 'https://github.com/libexif/libexif' },
  expat: { name: 'expat', license: 'MIT', source: 'https://github.com/libexpat/libexpat' },
  ffi: { name: 'libffi', license: 'MIT', source: 'https://github.com/libffi/libffi' },
  fontconfig: {
    name: 'fontconfig',
    license: 'HPND-sell-variant',
    source: 'https://gitlab.freedesktop.org/fontconfig/fontconfig',
  },
  freetype: { name: 'freetype', license: 'FTL', source: 'https://gitlab.freedesktop.org/freetype/freetype' },
  fribidi: { name: 'fribidi', license: LGPL, source: 'https://github.com/fribidi/fribidi' },
  glib: { name: 'glib', license: LGPL, source: 'https://gitlab.gnome.org/GNOME/glib' },
  harfbuzz: { name: 'harfbuzz', license: 'MIT-Modern-Variant', source: 'https://github.com/harfbuzz/harfbuzz' },
  heif: { name: 'libheif', license: LGPL, source: 'https://github.com/strukturag/libheif' },
  highway: { name: 'highway', license: 'BSD-3-Clause', source: 'https://github.com/google/highway' },
  imagequant: { name: 'libimagequant', license: 'BSD-2-Clause', source: 'https://github.com/lovell/libimagequant' },
  lcms: { name: 'lcms', license: 'MIT', source: 'https://github.com/mm2/Little-CMS' },
  mozjpeg: {
    name: 'mozjpeg',
    license: 'IJG AND BSD-3-Clause AND Zlib',
    source: 'https://github.com/mozilla/mozjpeg',
    note: 'This software is based in part on the work of the Independent JPEG Group.',
  },
  pango: { name: 'pango', license: LGPL, source: 'https://gitlab.gnome.org/GNOME/pango' },
  pixman: { name: 'pixman', license: 'MIT', source: 'https://gitlab.freedesktop.org/pixman/pixman' },
  png: { name: 'libpng', license: 'libpng-2.0', source: 'https://github.com/pnggroup/libpng' },
  'proxy-libintl': { name: 'proxy-libintl', license: LGPL, source: 'https://github.com/frida/proxy-libintl' },
  rsvg: { name: 'librsvg', license: LGPL, source: 'https://gitlab.gnome.org/GNOME/librsvg' },
  tiff: { name: 'libtiff', license: 'libtiff', source: 'https://gitlab.com/libtiff/libtiff' },
  uhdr: { name: 'libultrahdr', license: 'MIT', source: 'https://github.com/google/libultrahdr' },
  vips: { name: 'libvips', license: LGPL, source: 'https://github.com/libvips/libvips' },
  webp: { name: 'libwebp', license: 'BSD-3-Clause', source: 'https://chromium.googlesource.com/webm/libwebp' },
  xml2: { name: 'libxml2', license: 'MIT', source: 'https://gitlab.gnome.org/GNOME/libxml2' },
  'zlib-ng': { name: 'zlib-ng', license: 'Zlib', source: 'https://github.com/zlib-ng/zlib-ng' },
};

/** Part of libvips' own source, so that it has no version in versions.json. */
const NSGIF: Library = {
  name: 'libnsgif',
  license: 'MIT',
  source: 'https://www.netsurf-browser.org/projects/libnsgif/',
};

/**
 * The libraries in a build of libvips.
 *
 * @param versions content of its versions.json
 * @throws EdgeError `build.license-missing` if it has a library that is not in the table
 */
export function libvipsParts(versions: Readonly<Record<string, string>>): readonly BundledSoftware[] {
  const parts = Object.entries(versions).map(([key, version]) => partOf(LIBRARIES[key] ?? unknown(key), version));
  return [...parts, partOf(NSGIF)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function partOf(library: Library, version?: string): BundledSoftware {
  return {
    ...library,
    ...(version === undefined ? {} : { version }),
    texts: standardTexts(library.license, library.name),
    purl: `pkg:generic/${library.name}${version === undefined ? '' : `@${version}`}`,
  };
}

function unknown(key: string): never {
  const message = `versions.json of libvips names "${key}", and nobody has looked up its license`;
  throw buildErrors.error('build.license-missing', message, { facts: { library: key } });
}
