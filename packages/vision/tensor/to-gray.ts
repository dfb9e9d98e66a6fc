import type { Pixels } from '../image/pixels.ts';

/** Brightness in OpenCV's fixed point of 15 bits (BT.601: 0.299 R + 0.587 G + 0.114 B). Source: OpenCV, "Color conversions", RGB to GRAY. */
export function toGray(pixels: Pixels): Pixels {
  if (pixels.channels === 1) return pixels;
  const { width, height, data } = pixels;
  const gray = new (data.constructor as Uint8ArrayConstructor)(width * height);
  for (let to = 0, from = 0; to < gray.length; to++, from += 3) {
    // Unsigned: 16 bits times 2^15 do not fit into 31.
    gray[to] =
      ((data[from] as number) * 9798 +
        (data[from + 1] as number) * 19235 +
        (data[from + 2] as number) * 3735 +
        16384) >>>
      15;
  }
  return { width, height, channels: 1, data: gray };
}
