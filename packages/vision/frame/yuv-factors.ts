import type { FrameLayout } from '#packages/frames';

/** Fixed-point factors from YUV to RGB. Levels are of 128 for each step of a byte, factors of 8192. */
export interface YuvFactors {
  readonly black: number;
  readonly grey: number;
  readonly ofY: number;
  readonly vInRed: number;
  readonly uInGreen: number;
  readonly vInGreen: number;
  readonly uInBlue: number;
}

/** Parts of red and blue in brightness. Sources: ITU-R BT.601-7 (2.5.1), BT.709-6 (3.2), BT.2020-2 (table 4). */
const WEIGHTS = {
  bt601: { red: 0.299, blue: 0.114 },
  bt709: { red: 0.2126, blue: 0.0722 },
  bt2020: { red: 0.2627, blue: 0.0593 },
} as const;

export function yuvFactors({ matrix, range }: Pick<FrameLayout, 'matrix' | 'range'>): YuvFactors {
  const { red, blue } = WEIGHTS[matrix];
  const green = 1 - red - blue;
  const [ofY, ofColor] = range === 'limited' ? [255 / 219, 255 / 224] : [1, 1];
  const fixed = (factor: number): number => Math.round(factor * 8192);
  return {
    black: range === 'limited' ? 16 * 128 : 0,
    grey: 128 * 128,
    ofY: fixed(ofY),
    vInRed: fixed(2 * (1 - red) * ofColor),
    uInGreen: fixed(((2 * (1 - blue) * blue) / green) * ofColor),
    vInGreen: fixed(((2 * (1 - red) * red) / green) * ofColor),
    uInBlue: fixed(2 * (1 - blue) * ofColor),
  };
}
