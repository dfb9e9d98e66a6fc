import { LUMA_WEIGHTS } from '#packages/frames';
import type { FrameLayout } from '#packages/frames';

/** From a stream's YUV to that of JPEG, in the kernels' fixed point: factors of 8192, black of 128. */
export interface ColorChange {
  readonly black: number;
  readonly ofY: number;
  readonly ofU: number;
  readonly ofV: number;
  readonly uOfU: number;
  readonly uOfV: number;
  readonly vOfU: number;
  readonly vOfV: number;
}

/** Undefined if nothing changes. */
export function colorChange({ matrix, range }: Pick<FrameLayout, 'matrix' | 'range'>): ColorChange | undefined {
  if (matrix === 'bt601' && range === 'full') return undefined;
  const [ofY, ofColor] = range === 'limited' ? [255 / 219, 255 / 224] : [1, 1];
  const from = LUMA_WEIGHTS[matrix];
  const to = LUMA_WEIGHTS.bt601;
  const [fromGreen, toGreen] = [1 - from.red - from.blue, 1 - to.red - to.blue];
  // The change of red, green and blue per unit of U or V.
  const u = [0, (-2 * (1 - from.blue) * from.blue) / fromGreen, 2 * (1 - from.blue)].map((part) => part * ofColor);
  const v = [2 * (1 - from.red), (-2 * (1 - from.red) * from.red) / fromGreen, 0].map((part) => part * ofColor);
  const brightness = ([red = 0, green = 0, blue = 0]: readonly number[]): number =>
    to.red * red + toGreen * green + to.blue * blue;
  const blueOf = (rgb: readonly number[]): number => ((rgb[2] ?? 0) - brightness(rgb)) / (2 * (1 - to.blue));
  const redOf = (rgb: readonly number[]): number => ((rgb[0] ?? 0) - brightness(rgb)) / (2 * (1 - to.red));
  const fixed = (factor: number): number => Math.round(factor * 8192);
  return {
    black: range === 'limited' ? 16 * 128 : 0,
    ofY: fixed(ofY),
    ofU: fixed(brightness(u)),
    ofV: fixed(brightness(v)),
    uOfU: fixed(blueOf(u)),
    uOfV: fixed(blueOf(v)),
    vOfU: fixed(redOf(u)),
    vOfV: fixed(redOf(v)),
  };
}
