import { inflateSync } from 'node:zlib';
import { RasterFault, corrupt } from '../raster.ts';
import { unpackLzw } from './lzw.ts';
import type { TiffLayout } from './tiff-layout.ts';

/** Bytes that one packed byte can become at most. Deflate: 258 for 2 bits. LZW: the longest strings of a full table. */
const MOST = { PackBits: 64, LZW: 1400, Deflate: 1032 } as const;
/** Of a pixel: as many as four colors of 16 bits have. */
const MAX_PIXEL_BYTES = 8;

/**
 * Unpacks the strips of a compressed file into rows that follow one another. Memory is taken once the file's bytes can become that much.
 * @param rowBytes of a row of a strip
 * @throws RasterFault
 */
export function unpackStrips(
  bytes: Uint8Array,
  little: boolean,
  layout: TiffLayout,
  rowBytes: number,
  maxPixels: number,
) {
  const { width, height, samples, isPlanar, rowsPerStrip, offsets, byteCounts, compression } = layout;
  if (compression === undefined) throw new TypeError('the file is not compressed');
  if (byteCounts.length !== offsets.length)
    throw corrupt(`it has ${offsets.length} strips, and the sizes of ${byteCounts.length}`);
  const packedBytes = byteCounts.reduce((sum, count) => sum + count, 0);
  if (packedBytes > bytes.length) throw corrupt(`its strips have ${packedBytes} bytes, and it has ${bytes.length}`);
  const rows = height * (isPlanar ? samples : 1);
  const needed = rows * rowBytes;
  if (needed > MAX_PIXEL_BYTES * maxPixels)
    throw new RasterFault('too-large', `its ${width}×${height} pixels have ${samples} samples`, { width, height });
  if (needed > MOST[compression] * packedBytes)
    throw corrupt(`its pixels need ${needed} bytes, which ${packedBytes} bytes of ${compression} cannot hold`);
  const data = new Uint8Array(needed);
  const perPlane = Math.ceil(height / rowsPerStrip);
  offsets.forEach((offset, strip) => {
    const end = offset + (byteCounts[strip] as number);
    if (end > bytes.length) throw corrupt(`its strip ${strip} goes on beyond its end`);
    const row = Math.floor(strip / perPlane) * height + (strip % perPlane) * rowsPerStrip;
    const count = Math.min(rowsPerStrip, height - (strip % perPlane) * rowsPerStrip);
    const into = data.subarray(row * rowBytes, (row + count) * rowBytes);
    UNPACK[compression](bytes.subarray(offset, end), into);
  });
  if (layout.isDifferences) addUp(data, rowBytes, little, layout);
  return data;
}

const UNPACK = { PackBits: unpackPackBits, LZW: unpackLzw, Deflate: unpackDeflate } as const;

/** Source: Adobe, "TIFF Revision 6.0", section 9. Bytes after the last row are ignored. */
function unpackPackBits(packed: Uint8Array, into: Uint8Array): void {
  let [at, filled] = [0, 0];
  while (filled < into.length) {
    const count = packed[at++];
    if (count === undefined) throw corrupt(`its PackBits end after ${filled} of ${into.length} bytes`);
    if (count === 128) continue;
    const isRun = count > 128;
    const length = Math.min(isRun ? 257 - count : count + 1, into.length - filled);
    if (at + (isRun ? 1 : length) > packed.length)
      throw corrupt(`its PackBits end after ${filled} of ${into.length} bytes`);
    if (isRun) into.fill(packed[at++] as number, filled, filled + length);
    else into.set(packed.subarray(at, (at += length)), filled);
    filled += length;
  }
}

function unpackDeflate(packed: Uint8Array, into: Uint8Array): void {
  let plain: Buffer;
  try {
    plain = inflateSync(packed, { maxOutputLength: into.length });
  } catch (error) {
    throw corrupt(`a strip of its Deflate cannot be unpacked: ${(error as Error).message}`);
  }
  if (plain.length < into.length) throw corrupt(`its Deflate ends after ${plain.length} of ${into.length} bytes`);
  into.set(plain);
}

/** Samples are the differences from those to their left. Source: Adobe, "TIFF Revision 6.0", section 14. */
function addUp(data: Uint8Array, rowBytes: number, little: boolean, { bits, samples, isPlanar }: TiffLayout): void {
  const step = isPlanar ? 1 : samples;
  if (bits === 8) {
    for (let row = 0; row < data.length; row += rowBytes)
      for (let at = row + step; at < row + rowBytes; at++)
        data[at] = (data[at] as number) + (data[at - step] as number);
    return;
  }
  const [low, high] = little ? [0, 1] : [1, 0];
  for (let row = 0; row < data.length; row += rowBytes) {
    for (let at = row + 2 * step; at < row + rowBytes; at += 2) {
      const left = at - 2 * step;
      const sum = (data[at + low] as number) + (data[left + low] as number);
      data[at + low] = sum;
      data[at + high] = (data[at + high] as number) + (data[left + high] as number) + (sum >> 8);
    }
  }
}
