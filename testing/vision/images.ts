import type { Sharp } from 'sharp';
import sharp from 'sharp';

export type Color = readonly [red: number, green: number, blue: number];

export const RED: Color = [255, 0, 0];
export const GREEN: Color = [0, 255, 0];
export const BLUE: Color = [0, 0, 255];

/** An image of one color. */
export function plain(color: Color, width = 16, height = 16): Sharp {
  const [r, g, b] = color;
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
}

/** Raw RGB of a photo-like pattern: every corner is different, gradients and edges everywhere. */
export function patternPixels(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = (x - width / 3) ** 2 + (y - height / 4) ** 2 < (Math.min(width, height) / 5) ** 2;
      data[at++] = disc ? 230 : (255 * x) / width;
      data[at++] = (255 * y) / height;
      data[at++] = 128 + 100 * Math.sin((x + 2 * y) / 9);
    }
  }
  return data;
}

export function pattern(width: number, height: number): Sharp {
  return sharp(Buffer.from(patternPixels(width, height)), { raw: { width, height, channels: 3 } });
}

/** A `.npy` file, version 1.0, C order. */
export function npy(type: string, shape: readonly number[], data: Uint8Array, fortran = false): Uint8Array {
  const dict = `{'descr': '${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(dict, 10);
  header.write('\n', 9 + length);
  return Buffer.concat([header, data]);
}
