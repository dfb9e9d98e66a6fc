import type { Orientation } from '../orient.ts';
import { corrupt, unsupported } from '../raster.ts';
import type { TiffDirectory } from './tiff-directory.ts';

const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  offsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  byteCounts: 279,
  planar: 284,
  predictor: 317,
  colors: 320,
  tileWidth: 322,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

export const TIFF_TAGS: ReadonlySet<number> = new Set(Object.values(TAG));

export interface TiffLayout {
  readonly width: number;
  readonly height: number;
  readonly bits: 1 | 4 | 8 | 16;
  readonly samples: number;
  readonly kind: 'white-is-zero' | 'black-is-zero' | 'rgb' | 'palette';
  /** Whether the last sample says how opaque a pixel is. */
  readonly hasAlpha: boolean;
  /** Each sample in strips of its own. */
  readonly isPlanar: boolean;
  readonly rowsPerStrip: number;
  readonly offsets: readonly number[];
  /** How strips are packed; undefined if they are not. */
  readonly compression: 'LZW' | 'PackBits' | 'Deflate' | undefined;
  /** Of each strip of a file that is compressed. */
  readonly byteCounts: readonly number[];
  /** Samples are the differences from those to their left, as packers like them. */
  readonly isDifferences: boolean;
  readonly orientation: Orientation;
  /** Reds, greens, blues of a palette, of 16 bits. */
  readonly colors: readonly number[];
}

const COMPRESSIONS: Readonly<Record<number, TiffLayout['compression']>> = {
  5: 'LZW',
  8: 'Deflate',
  32_773: 'PackBits',
  32_946: 'Deflate',
};
const OTHER_COMPRESSIONS: Readonly<Record<number, string>> = {
  2: 'CCITT',
  3: 'CCITT',
  4: 'CCITT',
  6: 'JPEG',
  7: 'JPEG',
  34_925: 'LZMA',
  50_000: 'Zstandard',
  50_001: 'WebP',
};
const KINDS = ['white-is-zero', 'black-is-zero', 'rgb', 'palette'] as const;
const MAX_SAMPLES = 64;
const FORMATS: Readonly<Record<number, string>> = { 2: 'signed numbers', 3: 'floating-point numbers' };

/**
 * Source: Adobe, "TIFF Revision 6.0", sections 3 to 8, 14 and 18 to 19.
 * @throws RasterFault
 */
export function tiffLayout(directory: TiffDirectory): TiffLayout {
  const one = (tag: number, otherwise?: number): number => {
    const value = directory.get(tag)?.[0] ?? otherwise;
    if (value === undefined) throw corrupt(`its directory lacks the tag ${tag}`);
    return value;
  };
  const packing = one(TAG.compression, 1);
  const compression = COMPRESSIONS[packing];
  if (packing !== 1 && !compression) {
    const name = OTHER_COMPRESSIONS[packing] ?? `number ${packing}`;
    throw unsupported(`it is compressed (${name}); LZW, PackBits and Deflate are read`);
  }
  if (directory.has(TAG.tileWidth)) throw unsupported('its pixels lie in tiles');
  if (one(TAG.fillOrder, 1) !== 1) throw unsupported('the bits of its bytes lie in reverse');
  const samples = one(TAG.samples, 1);
  if (samples < 1 || samples > MAX_SAMPLES) throw unsupported(`its pixels have ${samples} samples`);
  const depths = new Set(directory.get(TAG.bits) ?? [1]);
  const [bits] = depths;
  if (depths.size !== 1 || (bits !== 1 && bits !== 4 && bits !== 8 && bits !== 16))
    throw unsupported(`its samples have ${[...depths].join(', ')} bits; 1, 4, 8 and 16 are read`);
  const format = (directory.get(TAG.sampleFormat) ?? []).find((each) => each !== 1 && each !== 4);
  if (format !== undefined) throw unsupported(`its samples are ${FORMATS[format] ?? `of the format ${format}`}`);
  const kind = KINDS[one(TAG.photometric)];
  if (!kind) throw unsupported(`its colors are of the kind ${one(TAG.photometric)}`);
  if (bits < 8 && samples > 1) throw unsupported(`its ${samples} samples have ${bits} bits`);
  if (kind === 'rgb' && samples < 3) throw corrupt(`it is RGB with ${samples} samples`);
  if (kind === 'palette' && (samples !== 1 || bits === 16))
    throw corrupt(`it has a palette, ${samples} samples and ${bits} bits`);
  const predictor = compression === undefined ? 1 : one(TAG.predictor, 1);
  if (predictor !== 1 && (predictor !== 2 || bits < 8))
    throw unsupported(`its samples of ${bits} bits are told by the predictor ${predictor}`);
  const height = one(TAG.height);
  const colored = kind === 'rgb' ? 3 : 1;
  const extra = directory.get(TAG.extraSamples)?.[0];
  const orientation = one(TAG.orientation, 1);
  return {
    width: one(TAG.width),
    height,
    bits,
    samples,
    kind,
    // A fourth sample of RGB that nobody describes mostly is alpha.
    hasAlpha: samples === colored + 1 && (extra === 1 || extra === 2 || (kind === 'rgb' && extra === undefined)),
    isPlanar: one(TAG.planar, 1) === 2 && samples > 1,
    rowsPerStrip: Math.min(height, one(TAG.rowsPerStrip, height)),
    offsets: directory.get(TAG.offsets) ?? [],
    compression,
    byteCounts: directory.get(TAG.byteCounts) ?? [],
    isDifferences: predictor === 2,
    orientation: orientation >= 1 && orientation <= 8 ? (orientation as Orientation) : 1,
    colors: directory.get(TAG.colors) ?? [],
  };
}
