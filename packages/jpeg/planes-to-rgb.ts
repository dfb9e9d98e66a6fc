import type { JpegPicture } from './jpeg-picture.ts';

/** Red, green and blue of a picture, without padding. Source of the factors: JFIF 1.02, page 3. */
export function planesToRgb({ width, height, data, luma, blue, red }: JpegPicture): Uint8Array {
  const rgb = new Uint8ClampedArray(3 * width * height);
  for (let y = 0, to = 0; y < height; y++) {
    const row = luma.offset + y * luma.stride;
    const blueRow = blue.offset + (y >> 1) * blue.stride;
    const redRow = red.offset + (y >> 1) * red.stride;
    for (let x = 0; x < width; x++, to += 3) {
      const brightness = data[row + x] as number;
      const u = (data[blueRow + (x >> 1)] as number) - 128;
      const v = (data[redRow + (x >> 1)] as number) - 128;
      rgb[to] = brightness + 1.402 * v;
      rgb[to + 1] = brightness - 0.344136 * u - 0.714136 * v;
      rgb[to + 2] = brightness + 1.772 * u;
    }
  }
  return new Uint8Array(rgb.buffer);
}
