import type { Pixels } from './pixels.ts';

/**
 * CMYK as JPEG files hold it (inverted: 255 is no ink) to RGB without a profile, as OpenCV does: light · black / 256.
 * Source: OpenCV, imgcodecs, icvCvt_CMYK2BGR, read as a specification.
 */
export function cmykToRgb(stored: Uint8Array, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    const black = stored[from + 3] as number;
    data[to] = black - (((255 - (stored[from] as number)) * black) >> 8);
    data[to + 1] = black - (((255 - (stored[from + 1] as number)) * black) >> 8);
    data[to + 2] = black - (((255 - (stored[from + 2] as number)) * black) >> 8);
  }
  return { width, height, channels: 3, data };
}
