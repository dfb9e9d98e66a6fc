import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';

export interface ImageSize {
  readonly width?: number;
  readonly height?: number;
}

/** A gray picture, 64×48 unless told. */
export async function testImage(
  format: 'jpeg' | 'png' | 'webp' = 'jpeg',
  { width = 64, height = 48 }: ImageSize = {},
): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#606060' } })
    .toFormat(format)
    .toBuffer();
}

/** A `uint8` npy array of the shape (height, width, 3), gray. */
export function testNpy(width = 64, height = 48): Buffer {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${height}, ${width}, 3), }`.padEnd(117) + '\n';
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), Buffer.alloc(width * height * 3, 96)]);
}

export async function writeTestImage(path: string): Promise<void> {
  await writeFile(path, await testImage(/\.png$/i.test(path) ? 'png' : /\.webp$/i.test(path) ? 'webp' : 'jpeg'));
}
