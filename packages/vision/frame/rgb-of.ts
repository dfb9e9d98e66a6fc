import type { RawFrame } from '#packages/frames';
import { planesOf } from '#packages/frames';

import type { Pixels } from '../image/pixels.ts';
import { yuvFactors } from './yuv-factors.ts';

/** All pixels of a frame in yuv420p or nv12, each value of color for 2 × 2 of them. Slow: only for filters that need them. */
export function rgbOf(frame: RawFrame): Pixels {
  const { width, height, data } = frame;
  const [luma, second, third] = planesOf(frame);
  if (!luma || !second) throw new Error(`${frame.format} does not have planes of color`);
  const { black, ofY, vInRed, uInGreen, vInGreen, uInBlue } = yuvFactors(frame);
  const step = third ? 1 : 2;
  const rgb = new Uint8ClampedArray(3 * width * height);
  for (let y = 0, to = 0; y < height; y++) {
    const row = y * luma.stride;
    const blueRow = second.offset + (y >> 1) * second.stride;
    const redRow = third ? third.offset + (y >> 1) * third.stride : blueRow + 1;
    for (let x = 0; x < width; x++, to += 3) {
      const brightness = ((data[row + x] as number) - black / 128) * ofY;
      const u = (data[blueRow + (x >> 1) * step] as number) - 128;
      const v = (data[redRow + (x >> 1) * step] as number) - 128;
      rgb[to] = (brightness + v * vInRed) / 8192;
      rgb[to + 1] = (brightness - u * uInGreen - v * vInGreen) / 8192;
      rgb[to + 2] = (brightness + u * uInBlue) / 8192;
    }
  }
  return { width, height, channels: 3, data: new Uint8Array(rgb.buffer) };
}
