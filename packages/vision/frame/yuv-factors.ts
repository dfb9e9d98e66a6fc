import { LUMA_WEIGHTS } from '#packages/frames';
import type { FrameLayout } from '#packages/frames';

/** Fixed-point factors from YUV to RGB. Levels are of 128 for each step of a byte, factors of 8192. */
export interface YuvFactors {
  readonly black: number;
  readonly gray: number;
  readonly ofY: number;
  readonly vInRed: number;
  readonly uInGreen: number;
  readonly vInGreen: number;
  readonly uInBlue: number;
}

export function yuvFactors({ matrix, range }: Pick<FrameLayout, 'matrix' | 'range'>): YuvFactors {
  const { red, blue } = LUMA_WEIGHTS[matrix];
  const green = 1 - red - blue;
  const [ofY, ofColor] = range === 'limited' ? [255 / 219, 255 / 224] : [1, 1];
  const fixed = (factor: number): number => Math.round(factor * 8192);
  return {
    black: range === 'limited' ? 16 * 128 : 0,
    gray: 128 * 128,
    ofY: fixed(ofY),
    vInRed: fixed(2 * (1 - red) * ofColor),
    uInGreen: fixed(((2 * (1 - blue) * blue) / green) * ofColor),
    vInGreen: fixed(((2 * (1 - red) * red) / green) * ofColor),
    uInBlue: fixed(2 * (1 - blue) * ofColor),
  };
}
