import { corrupt, unsupported } from '../raster.ts';

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Usually the last row comes first. */
  readonly isTopDown: boolean;
  readonly bitsPerPixel: number;
  /** Red, green and blue of each; empty if pixels hold their color. */
  readonly palette: readonly (readonly [number, number, number])[];
  /** Bits of red, green, blue and, if there is one, alpha; undefined for three bytes, blue first. */
  readonly masks: readonly number[] | undefined;
  /** Where the pixels begin. */
  readonly pixelsAt: number;
}

const FILE_HEADER_BYTES = 14;
/** OS/2's, with 16-bit sizes. */
const CORE_BYTES = 12;
const KNOWN_BYTES: readonly number[] = [CORE_BYTES, 40, 52, 56, 64, 108, 124];
const BITS: readonly number[] = [1, 4, 8, 16, 24, 32];
const COMPRESSIONS = [
  'none',
  'run lengths of 8 bits',
  'run lengths of 4 bits',
  'masks',
  'JPEG',
  'PNG',
  'masks with alpha',
];
const [NONE, MASKS, MASKS_WITH_ALPHA] = [0, 3, 6];
/** 5 bits each, as BMP without masks has 16 bits. */
const FIVE_BITS = [0x7c00, 0x3e0, 0x1f];
const EIGHT_BITS = [0xff0000, 0xff00, 0xff];

/** @throws RasterFault */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(FILE_HEADER_BYTES, true);
  if (!KNOWN_BYTES.includes(size)) throw corrupt(`its header says that it has ${size} bytes`);
  if (bytes.length < FILE_HEADER_BYTES + size) throw corrupt('it ends within its header');
  const isCore = size === CORE_BYTES;
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bitsPerPixel = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? NONE : view.getUint32(30, true);
  if (!BITS.includes(bitsPerPixel)) throw corrupt(`its pixels have ${bitsPerPixel} bits`);
  const isMasked = compression === MASKS || compression === MASKS_WITH_ALPHA;
  if (compression !== NONE && !(isMasked && bitsPerPixel >= 16 && bitsPerPixel !== 24)) {
    const name = COMPRESSIONS[compression] ?? `number ${compression}`;
    throw unsupported(`its ${bitsPerPixel} bits a pixel are compressed (${name})`);
  }
  // Headers of 40 bytes have their masks behind, longer ones within, at the same place.
  const maskBytes = isMasked && size === 40 ? (compression === MASKS_WITH_ALPHA ? 16 : 12) : 0;
  const masks = masksOf(view, {
    size,
    bitsPerPixel,
    isMasked,
    hasAlpha: compression === MASKS_WITH_ALPHA || size >= 56,
  });
  const paletteAt = FILE_HEADER_BYTES + size + maskBytes;
  const palette = bitsPerPixel > 8 ? [] : paletteOf(view, { at: paletteAt, isCore, bitsPerPixel });
  const pixelsAt = view.getUint32(10, true);
  if (pixelsAt < paletteAt)
    throw corrupt(`its pixels begin at ${pixelsAt}, within the ${paletteAt} bytes of its header`);
  return { width, height: Math.abs(signedHeight), isTopDown: signedHeight < 0, bitsPerPixel, palette, masks, pixelsAt };
}

interface MaskFacts {
  readonly size: number;
  readonly bitsPerPixel: number;
  readonly isMasked: boolean;
  readonly hasAlpha: boolean;
}

function masksOf(view: DataView, { bitsPerPixel, isMasked, hasAlpha }: MaskFacts): readonly number[] | undefined {
  if (!isMasked) return bitsPerPixel === 16 ? FIVE_BITS : bitsPerPixel === 32 ? EIGHT_BITS : undefined;
  const count = hasAlpha ? 4 : 3;
  if (view.byteLength < 54 + 4 * count) throw corrupt('it ends within the masks of its colors');
  const masks = Array.from({ length: count }, (_, index) => view.getUint32(54 + 4 * index, true));
  return masks[3] === 0 ? masks.slice(0, 3) : masks;
}

function paletteOf(
  view: DataView,
  facts: { readonly at: number; readonly isCore: boolean; readonly bitsPerPixel: number },
) {
  const { at, isCore, bitsPerPixel } = facts;
  const most = 2 ** bitsPerPixel;
  const written = isCore ? 0 : view.getUint32(46, true);
  if (written > most) throw corrupt(`its palette has ${written} colors for ${bitsPerPixel} bits`);
  const count = written === 0 ? most : written;
  const step = isCore ? 3 : 4;
  if (view.byteLength < at + count * step) throw corrupt('it ends within its palette');
  return Array.from({ length: count }, (_, index) => {
    const from = at + index * step;
    return [view.getUint8(from + 2), view.getUint8(from + 1), view.getUint8(from)] as const;
  });
}
