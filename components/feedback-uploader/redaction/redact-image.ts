import type Sharp from 'sharp';
import { lazyPackage, messageOf } from '#packages/foundation';
import { areasOf } from './areas.ts';
import type { Areas } from './areas.ts';
import type { Bitmap } from './bitmap.ts';
import { uploaderErrors } from '../errors.ts';
import { blacken, blur } from './hide.ts';
import { jpegQuality } from './jpeg-quality.ts';
import { bytesToRedact, MAX_REDACTION_BYTES } from './memory-needed.ts';
import { areasInFile, TURNS } from './orientation.ts';
import type { Orientation } from './orientation.ts';
import type { Redact } from './redactor.ts';
import { boxSpans, polygonSpans } from './spans.ts';

/** Samples are for training: more than this is not lost by writing them again, whatever they came in. */
const LEAST_QUALITY = 75;
const MOST_QUALITY = 95;
/** Tables of Huffman codes made to measure save 10 %, and need all coefficients of an image at once. */
const MEASURED_TABLES_MAX_PIXELS = 4_000_000;

/**
 * The image with the configured areas hidden, upright, in the format that it came in and about its quality, and without EXIF, ICC, XMP and
 * comments: places and serial numbers stand there. Colors of a profile become sRGB.
 *
 * @throws EdgeError `redaction.not-an-image`, `redaction.too-many-pixels`, `redaction.boxes-unknown`
 */
export const redactImage: Redact = async (image, settings, prediction) => {
  const areas = areasOf(settings, prediction);
  const format = await formatOf(image);
  const bitmap = await decode(image, format);
  hide(bitmap, areasInFile(areas, format.orientation), settings.mode);
  const record = { mode: settings.mode, polygons: areas.polygons.length, boxes: areas.boxes.length };
  return { image: await encode(bitmap, format), record };
};

const loadSharp = lazyPackage<typeof Sharp>('sharp');

function sharp(...[input, options]: Parameters<typeof Sharp>): ReturnType<typeof Sharp> {
  const load = loadSharp();
  // One image at a time, and memory given back after it.
  load.cache(false);
  load.concurrency(1);
  return load(input, options);
}

interface Format {
  readonly name: 'jpeg' | 'png' | 'webp';
  readonly colourspace: 'srgb' | 'b-w' | 'rgb16' | 'grey16';
  readonly orientation: Orientation;
  readonly isLossless: boolean;
  /** 1 to 100, of JPEG. */
  readonly quality: number;
  readonly subsampling: '4:4:4' | '4:2:0';
}

async function formatOf(image: Uint8Array): Promise<Format> {
  const metadata = await read(() => sharp(image).metadata());
  const { format: name, width, height, pages = 1, channels, depth } = metadata;
  if (name !== 'jpeg' && name !== 'png' && name !== 'webp') throw notAnImage(`its format is ${name ?? 'unknown'}`);
  if (pages > 1) throw notAnImage('it is animated');
  const isDeep = name === 'png' && depth === 'ushort';
  const isGray = channels <= 2;
  const subsampling = metadata.chromaSubsampling === '4:2:0' ? '4:2:0' : '4:4:4';
  const bytes = bytesToRedact({
    format: name,
    pixels: width * height,
    bytesPerPixel: ((isGray ? 1 : 3) + (metadata.hasAlpha ? 1 : 0)) * (isDeep ? 2 : 1),
    fileBytes: image.length,
    isProgressive: metadata.isProgressive === true,
    subsampling,
  });
  if (bytes > MAX_REDACTION_BYTES) {
    const message = `redaction of ${width} × ${height} pixels in a ${name} of ${image.length} bytes takes ${bytes} bytes of memory, ${MAX_REDACTION_BYTES} are allowed`;
    throw uploaderErrors.error('redaction.too-many-pixels', message, { facts: { width, height, bytes } });
  }
  const colourspace = isDeep ? (isGray ? 'grey16' : 'rgb16') : isGray ? 'b-w' : 'srgb';
  const came = name === 'jpeg' ? (jpegQuality(image) ?? MOST_QUALITY) : MOST_QUALITY;
  return {
    name,
    colourspace,
    orientation: (metadata.orientation ?? 1) as Orientation,
    isLossless: name === 'png' || isLosslessWebp(image),
    quality: Math.min(MOST_QUALITY, Math.max(LEAST_QUALITY, came)),
    subsampling,
  };
}

/** The bitstream of lossless WebP has its own chunk (RFC 9649, section 2.6). */
function isLosslessWebp(image: Uint8Array): boolean {
  return Buffer.from(image.buffer, image.byteOffset, image.length).includes('VP8L', 12, 'latin1');
}

async function decode(image: Uint8Array, { colourspace }: Format): Promise<Bitmap> {
  const isDeep = colourspace === 'rgb16' || colourspace === 'grey16';
  const { data, info } = await read(() =>
    sharp(image, { failOn: 'error' })
      .toColourspace(colourspace)
      .raw({ depth: isDeep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  );
  const { width, height, channels } = info;
  const pixels = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  return { data: pixels, width, height, channels };
}

function hide(bitmap: Bitmap, { polygons, boxes }: Areas, mode: 'blur' | 'black'): void {
  const paint = mode === 'black' ? blacken : blur;
  for (const polygon of polygons) paint(bitmap, polygonSpans(polygon, bitmap));
  for (const box of boxes) paint(bitmap, boxSpans(box, bitmap));
}

function encode({ data, width, height, channels }: Bitmap, format: Format): Promise<Buffer> {
  const raw = sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } });
  const { mirror, degrees } = TURNS[format.orientation];
  // sharp mirrors before it rotates, in whatever order the calls come.
  const upright = raw.flop(mirror).rotate(degrees);
  const colored = upright.toColourspace(format.colourspace);
  switch (format.name) {
    case 'jpeg':
      return colored
        .jpeg({
          quality: format.quality,
          chromaSubsampling: format.subsampling,
          optimiseCoding: width * height <= MEASURED_TABLES_MAX_PIXELS,
        })
        .toBuffer();
    case 'png':
      return colored.png().toBuffer();
    case 'webp':
      return colored.webp(format.isLossless ? { lossless: true } : { quality: format.quality }).toBuffer();
  }
}

async function read<Result>(decodeIt: () => Promise<Result>): Promise<Result> {
  try {
    return await decodeIt();
  } catch (thrown) {
    throw notAnImage(messageOf(thrown), thrown);
  }
}

function notAnImage(why: string, cause?: unknown) {
  return uploaderErrors.error('redaction.not-an-image', `nothing can be hidden in this sample: ${why}`, { cause });
}
