import type { RawFrame } from '#packages/frames';

import type { JpegPicture } from './jpeg-picture.ts';

/**
 * Red, green and blue to planes; color is the mean of 2 × 2 pixels, of those that there are at the edge.
 * Source of the factors: JFIF 1.02, page 3; of 65,536.
 */
export function rgbToPlanes(frame: RawFrame, { data, luma, blue, red }: JpegPicture): void {
  const { width, height, data: source } = frame;
  const stride = frame.strides[0] ?? 3 * width;
  const redAt = frame.format === 'bgr24' ? 2 : 0;
  for (let y = 0; y < height; y++) {
    let from = y * stride;
    const to = luma.offset + y * luma.stride;
    for (let x = 0; x < width; x++, from += 3) {
      const r = source[from + redAt] as number;
      const g = source[from + 1] as number;
      const b = source[from + 2 - redAt] as number;
      data[to + x] = (19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16;
    }
  }
  for (let y = 0; y < blue.rows; y++) {
    const upper = 2 * y * stride;
    const lower = Math.min(2 * y + 1, height - 1) * stride;
    for (let x = 0; x < blue.columns; x++) {
      const left = 6 * x;
      const right = 3 * Math.min(2 * x + 1, width - 1);
      const sum = (at: number): number =>
        (source[upper + left + at] as number) +
        (source[upper + right + at] as number) +
        (source[lower + left + at] as number) +
        (source[lower + right + at] as number);
      const [r, g, b] = [sum(redAt), sum(1), sum(2 - redAt)];
      data[blue.offset + y * blue.stride + x] = clampByte((-11_059 * r - 21_709 * g + 32_768 * b + MIDDLE) >> 18);
      data[red.offset + y * red.stride + x] = clampByte((32_768 * r - 27_439 * g - 5_329 * b + MIDDLE) >> 18);
    }
  }
}

/** 128, and one half to round, of 2^18: sums are of four pixels. */
const MIDDLE = (128 << 18) + (1 << 17);

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
