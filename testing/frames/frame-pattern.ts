import { frameBytes, tightStrides } from '#packages/frames';
import type { FrameFormat, FrameLayout } from '#packages/frames';

/** How the frames of tests lie, without padding. */
export function layoutOf(width: number, height: number, format: FrameFormat = 'yuv420p'): FrameLayout {
  return { width, height, format, strides: tightStrides(format, width), matrix: 'bt601', range: 'limited' };
}

/** Bytes of a frame that tell its number from every other's, in each place. */
export function patternOf(layout: FrameLayout, number: number): Buffer {
  const bytes = Buffer.alloc(frameBytes(layout));
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 7 + number * 31) & 0xff;
  return bytes;
}
