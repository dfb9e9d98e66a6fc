import { toUpright } from '../orient.ts';
import { checkSize, corrupt } from '../raster.ts';
import type { Raster } from '../raster.ts';
import { readTiffDirectory } from './tiff-directory.ts';
import { TIFF_TAGS, tiffLayout } from './tiff-layout.ts';
import type { TiffLayout } from './tiff-layout.ts';
import { unpackStrips } from './unpack-strips.ts';

export function isTiff(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  return (a === 0x49 && b === 0x49 && c === 42 && d === 0) || (a === 0x4d && b === 0x4d && c === 0 && d === 42);
}

/** The first picture of the file. @throws RasterFault */
export function readTiff(bytes: Uint8Array, maxPixels: number): Raster {
  if (bytes.length < 8) throw corrupt('it ends within its header');
  const view = viewOf(bytes);
  const little = bytes[0] === 0x49;
  const layout = tiffLayout(readTiffDirectory(view, little, TIFF_TAGS));
  const { width, height, samples, orientation } = layout;
  checkSize(width, height, maxPixels);
  checkStrips(layout);
  const { kind, bits, hasAlpha } = layout;
  const read = layout.compression
    ? rowReader(viewOf(unpackStrips(bytes, little, layout, rowBytes(layout), maxPixels)), little, unpacked(layout))
    : plainReader(view, little, layout);
  if (kind === 'palette') {
    const colors = { width, height, channels: 3, hasAlpha: false, data: painted(layout, read) };
    return toUpright(colors, orientation);
  }
  const data = new (bits === 16 ? Uint16Array : Uint8Array)(width * height * samples);
  // Of 1 and 4 bits the most is white too.
  const scale = bits < 8 ? 255 / (2 ** bits - 1) : 1;
  const most = bits === 16 ? 65_535 : 255;
  read((at, value) => (data[at] = kind === 'white-is-zero' ? most - value * scale : value * scale));
  return toUpright({ width, height, channels: samples, hasAlpha, data }, orientation);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function checkStrips({ height, rowsPerStrip, offsets, isPlanar, samples }: TiffLayout): void {
  if (rowsPerStrip < 1) throw corrupt('its strips have no rows');
  const strips = Math.ceil(height / rowsPerStrip) * (isPlanar ? samples : 1);
  if (offsets.length !== strips) throw corrupt(`it has ${offsets.length} strips, and its rows need ${strips}`);
}

/** Of a file without compression. Before memory is taken it is known whether all rows lie within the file. */
function plainReader(view: DataView, little: boolean, layout: TiffLayout) {
  const { height, rowsPerStrip, offsets, isPlanar, samples } = layout;
  const bytes = view.byteLength;
  // Strips may lie upon each other in a file that is made to take memory.
  const needed = height * rowBytes(layout) * (isPlanar ? samples : 1);
  if (needed > bytes) throw corrupt(`its pixels need ${needed} bytes, and it has ${bytes}`);
  const perPlane = Math.ceil(height / rowsPerStrip);
  offsets.forEach((offset, strip) => {
    const rows = Math.min(rowsPerStrip, height - (strip % perPlane) * rowsPerStrip);
    if (offset + rows * rowBytes(layout) > bytes) throw corrupt(`its strip ${strip} goes on beyond its end`);
  });
  return rowReader(view, little, layout);
}

/** Rows follow one another: each plane is one strip. */
function unpacked(layout: TiffLayout): TiffLayout {
  const { height, isPlanar, samples } = layout;
  const offsets = Array.from({ length: isPlanar ? samples : 1 }, (_, plane) => plane * height * rowBytes(layout));
  return { ...layout, rowsPerStrip: height, offsets };
}

/** Rows begin at whole bytes. */
function rowBytes({ width, bits, samples, isPlanar }: TiffLayout): number {
  return Math.ceil((width * bits * (isPlanar ? 1 : samples)) / 8);
}

/** Gives each sample with its place in interleaved pixels. */
function rowReader(view: DataView, little: boolean, layout: TiffLayout) {
  const { width, height, bits, samples, rowsPerStrip, offsets, isPlanar } = layout;
  const planes = isPlanar ? samples : 1;
  const perRow = isPlanar ? width : width * samples;
  const perPlane = Math.ceil(height / rowsPerStrip);
  const bytes = rowBytes(layout);
  const valueOf = (row: number, index: number): number => {
    if (bits === 8) return view.getUint8(row + index);
    if (bits === 16) return view.getUint16(row + 2 * index, little);
    const bit = index * bits;
    return (view.getUint8(row + (bit >> 3)) >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
  };
  return (take: (at: number, value: number) => void): void => {
    for (let plane = 0; plane < planes; plane++) {
      for (let y = 0; y < height; y++) {
        const strip = offsets[plane * perPlane + Math.floor(y / rowsPerStrip)] as number;
        const row = strip + (y % rowsPerStrip) * bytes;
        for (let index = 0; index < perRow; index++)
          take(y * width * samples + (isPlanar ? index * samples + plane : index), valueOf(row, index));
      }
    }
  };
}

function painted({ width, height, bits, colors }: TiffLayout, read: ReturnType<typeof rowReader>): Uint8Array {
  const count = 2 ** bits;
  if (colors.length !== 3 * count) throw corrupt(`its palette has ${colors.length} numbers for ${bits} bits`);
  const data = new Uint8Array(width * height * 3);
  read((at, index) => {
    for (let channel = 0; channel < 3; channel++)
      data[3 * at + channel] = (colors[channel * count + index] as number) >> 8;
  });
  return data;
}
