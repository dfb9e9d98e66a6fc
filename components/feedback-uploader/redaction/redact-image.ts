import type Sharp from 'sharp';
import type { DeepReadonly } from '../../common/config/parse-configuration.ts';
import { messageOf } from '../../common/errors/edge-error.ts';
import { lazyPackage } from '../../common/native-require.ts';
import type { RedactionSettings } from '../settings/redaction-schema.ts';
import type { RedactionRecord } from '../spool/stored-sample.ts';
import { areasOf } from './areas.ts';
import type { Areas } from './areas.ts';
import type { Bitmap } from './bitmap.ts';
import { redactionErrors } from './errors.ts';
import { blacken, blur } from './hide.ts';
import { boxSpans, polygonSpans } from './spans.ts';

export interface RedactedImage {
  readonly image: Buffer;
  readonly record: RedactionRecord;
}

/** 16 million RGB pixels are 48 MB. */
export const MAX_PIXELS = 16_000_000;
/** Samples are for training: as little as possible is lost by writing them again. */
const QUALITY = 95;

/**
 * The image with the configured areas hidden, upright, in the format that it came in, and without EXIF, ICC, XMP and
 * comments: places and serial numbers stand there. Colours of a profile become sRGB.
 *
 * @throws EdgeError `redaction.not-an-image`, `redaction.too-many-pixels`, `redaction.boxes-unknown`
 */
export async function redactImage(
  image: Uint8Array,
  settings: DeepReadonly<RedactionSettings>,
  prediction: unknown,
): Promise<RedactedImage> {
  const areas = areasOf(settings, prediction);
  const format = await formatOf(image);
  const bitmap = await decode(image, format);
  hide(bitmap, areas, settings.mode);
  const record = { mode: settings.mode, polygons: areas.polygons.length, boxes: areas.boxes.length };
  return { image: await encode(bitmap, format), record };
}

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
  readonly isLossless: boolean;
}

async function formatOf(image: Uint8Array): Promise<Format> {
  const metadata = await read(() => sharp(image).metadata());
  const { format: name, width, height, pages = 1, channels, depth } = metadata;
  if (name !== 'jpeg' && name !== 'png' && name !== 'webp') throw notAnImage(`its format is ${name ?? 'unknown'}`);
  if (pages > 1) throw notAnImage('it is animated');
  if (width * height > MAX_PIXELS) {
    const message = `the image has ${width} × ${height} pixels, ${MAX_PIXELS} can be redacted`;
    throw redactionErrors.error('redaction.too-many-pixels', message, { facts: { width, height } });
  }
  const isDeep = name === 'png' && depth === 'ushort';
  const isGrey = channels <= 2;
  const colourspace = isDeep ? (isGrey ? 'grey16' : 'rgb16') : isGrey ? 'b-w' : 'srgb';
  return { name, colourspace, isLossless: name === 'png' || isLosslessWebp(image) };
}

/** The bitstream of lossless WebP has a chunk of its own (RFC 9649, section 2.6). */
function isLosslessWebp(image: Uint8Array): boolean {
  return Buffer.from(image.buffer, image.byteOffset, image.length).includes('VP8L', 12, 'latin1');
}

async function decode(image: Uint8Array, { colourspace }: Format): Promise<Bitmap> {
  const isDeep = colourspace === 'rgb16' || colourspace === 'grey16';
  const { data, info } = await read(() =>
    sharp(image, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
      .autoOrient()
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
  const coloured = raw.toColourspace(format.colourspace);
  switch (format.name) {
    case 'jpeg':
      return coloured.jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' }).toBuffer();
    case 'png':
      return coloured.png().toBuffer();
    case 'webp':
      return coloured.webp(format.isLossless ? { lossless: true } : { quality: QUALITY }).toBuffer();
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
  return redactionErrors.error('redaction.not-an-image', `nothing can be hidden in this sample: ${why}`, { cause });
}
