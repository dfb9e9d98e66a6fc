import { checkSize, corrupt } from '../raster.ts';
import type { Raster } from '../raster.ts';
import { readBmpHeader } from './bmp-header.ts';
import type { BmpHeader } from './bmp-header.ts';
import { maskReaders } from './mask-readers.ts';

export function isBmp(bytes: Uint8Array): boolean {
  // Sizes of headers that there are, so that a text that begins with "BM" is none.
  return (
    bytes[0] === 0x42 &&
    bytes[1] === 0x4d &&
    bytes.length >= 26 &&
    bytes[15] === 0 &&
    bytes[16] === 0 &&
    bytes[17] === 0
  );
}

/**
 * Source: Microsoft, "Bitmap Storage" and the headers that it names (BITMAPCOREHEADER to BITMAPV5HEADER).
 * @throws RasterFault
 */
export function readBmp(bytes: Uint8Array, maxPixels: number): Raster {
  const header = readBmpHeader(bytes);
  const { width, height, bitsPerPixel, pixelsAt } = header;
  checkSize(width, height, maxPixels);
  const stride = Math.ceil((width * bitsPerPixel) / 32) * 4;
  const needed = pixelsAt + stride * (height - 1) + Math.ceil((width * bitsPerPixel) / 8);
  if (bytes.length < needed) throw corrupt(`it has ${bytes.length} bytes, and its pixels end at ${needed}`);
  const row = (y: number): number => pixelsAt + (header.isTopDown ? y : height - 1 - y) * stride;
  const filled = bitsPerPixel <= 8 ? indexed(bytes, header, row) : masked(bytes, header, row);
  return { width, height, ...filled };
}

type Filled = Pick<Raster, 'channels' | 'hasAlpha' | 'data'>;

/** A palette of grays gives gray. */
function indexed(bytes: Uint8Array, header: BmpHeader, row: (y: number) => number): Filled {
  const { width, height, bitsPerPixel, palette } = header;
  const isGray = palette.every(([red, green, blue]) => red === green && green === blue);
  const channels = isGray ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  const perByte = 8 / bitsPerPixel;
  const most = 2 ** bitsPerPixel - 1;
  for (let y = 0, to = 0; y < height; y++) {
    const from = row(y);
    for (let x = 0; x < width; x++) {
      const shift = 8 - bitsPerPixel * ((x % perByte) + 1);
      const index = ((bytes[from + Math.floor(x / perByte)] as number) >> shift) & most;
      const color = palette[index];
      if (!color) throw corrupt(`a pixel has the color ${index} of a palette of ${palette.length}`);
      for (let channel = 0; channel < channels; channel++) data[to++] = color[channel] as number;
    }
  }
  return { channels, hasAlpha: false, data };
}

function masked(bytes: Uint8Array, header: BmpHeader, row: (y: number) => number): Filled {
  const { width, height, bitsPerPixel, masks } = header;
  const bytesPerPixel = bitsPerPixel / 8;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readers = masks ? maskReaders(masks) : undefined;
  const channels = readers?.length ?? 3;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    let from = row(y);
    for (let x = 0; x < width; x++, from += bytesPerPixel) {
      if (!readers) {
        data[to++] = bytes[from + 2] as number;
        data[to++] = bytes[from + 1] as number;
        data[to++] = bytes[from] as number;
        continue;
      }
      const pixel = bitsPerPixel === 16 ? view.getUint16(from, true) : view.getUint32(from, true);
      for (const read of readers) data[to++] = read(pixel);
    }
  }
  return { channels, hasAlpha: channels === 4, data };
}
