import { rasterFormat } from '#packages/raster';

import { visionErrors } from '../errors.ts';

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'npy' | 'bmp' | 'tiff';

/**
 * The format of the bytes, whatever the file name or content type says.
 * @throws EdgeError `image.empty`, `image.unrecognised`, `image.unsupported`
 */
export function sniffImage(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) throw visionErrors.error('image.empty', 'the image has no bytes');
  for (const [format, matches] of KNOWN) if (matches(bytes)) return format;
  const other = OTHERS.find(([, matches]) => matches(bytes))?.[0];
  if (other) {
    throw visionErrors.error(
      'image.unsupported',
      `the image is a ${other} file; JPEG, PNG, WebP, BMP, TIFF and npy are supported`,
      {
        facts: { format: other },
      },
    );
  }
  throw visionErrors.error('image.unrecognised', `the ${bytes.length} bytes are ${kindOf(bytes)}`, {
    facts: { bytes: bytes.length },
  });
}

/**
 * Names the kind of bytes that are not an image without showing one of them: the reader of the error may not be allowed to see the file.
 */
function kindOf(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte === 0)) return 'zeros only';
  if (!looksLikeText(bytes)) return 'in no known image format';
  const text = ascii(bytes, 0, 256).trimStart();
  const known = TEXTS.find(([pattern]) => pattern.test(text));
  return known ? `text: ${known[1]}` : 'text';
}

/** Texts that callers send by mistake. The second and third are how the base64 of a JPEG and a PNG file begins. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^data:image\//i, 'a data: URL; send the bytes that its base64 stands for'],
  [/^\/9j\//, 'the base64 of a JPEG file; send the bytes themselves'],
  [/^iVBORw0KGgo/, 'the base64 of a PNG file; send the bytes themselves'],
  [/^<(!doctype|html)/i, 'an HTML page, perhaps the login or error page of a camera'],
  [/^[{[]/, 'JSON'],
];

type Test = (bytes: Uint8Array) => boolean;

const KNOWN: readonly (readonly [ImageFormat, Test])[] = [
  ['jpeg', starts(0xff, 0xd8, 0xff)],
  ['png', starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
  ['webp', (bytes) => ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP'],
  ['bmp', (bytes) => rasterFormat(bytes) === 'BMP'],
  ['tiff', (bytes) => rasterFormat(bytes) === 'TIFF'],
  ['npy', (bytes) => bytes[0] === 0x93 && ascii(bytes, 1, 6) === 'NUMPY'],
];

const OTHERS: readonly (readonly [string, Test])[] = [
  ['GIF', (bytes) => /^GIF8[79]a/.test(ascii(bytes, 0, 6))],
  ['HEIF or AVIF', (bytes) => ascii(bytes, 4, 8) === 'ftyp'],
  ['JPEG XL', (bytes) => (bytes[0] === 0xff && bytes[1] === 0x0a) || ascii(bytes, 4, 7) === 'JXL'],
  ['JPEG 2000', (bytes) => ascii(bytes, 4, 8) === 'jP  '],
  ['ZIP or NumPy (npz)', (bytes) => ascii(bytes, 0, 4) === 'PK\x03\x04'],
  ['PDF', (bytes) => ascii(bytes, 0, 5) === '%PDF-'],
  ['SVG', (bytes) => /^\s*<(\?xml|svg)/.test(ascii(bytes, 0, 64))],
];

function starts(...magic: number[]): Test {
  return (bytes) => magic.every((byte, index) => bytes[index] === byte);
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 256).every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
