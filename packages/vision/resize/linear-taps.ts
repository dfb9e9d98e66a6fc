import { roundHalfEven } from './round-half-even.ts';

/** Weights are of 2048, as OpenCV's INTER_RESIZE_COEF_BITS = 11 has them. */
const ONE = 2048;

/** Two neighbors and their weights for each output position. */
export interface LinearTaps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
  /** Part of the second, of 1. */
  readonly fraction: Float32Array;
}

/**
 * Taps of OpenCV's INTER_LINEAR along one axis, bit for bit: position = (d + 0.5) * source / resized - 0.5 in float32,
 * weights rounded half to even. Columns outside are clamped with full weight, rows are repeated with their weights,
 * which matters for the last bit. `begin` is the pixel at which the part that is resized begins, and `source` how long it is.
 * Source: OpenCV modules/imgproc/src/resize.cpp (resize, HResizeLinear, VResizeLinear), read as a specification and checked against 5.0.
 */
export function linearTaps(
  axis: 'columns' | 'rows',
  source: number,
  resized: number,
  window: { readonly start: number; readonly length: number },
  begin = 0,
): LinearTaps {
  const taps = {
    first: new Int32Array(window.length),
    second: new Int32Array(window.length),
    firstWeight: new Int32Array(window.length),
    secondWeight: new Int32Array(window.length),
    fraction: new Float32Array(window.length),
  };
  const scale = 1 / (resized / source);
  for (let index = 0; index < window.length; index++) {
    const position = Math.fround((window.start + index + 0.5) * scale - 0.5);
    let left = Math.floor(position);
    let fraction = Math.fround(position - left);
    if (axis === 'columns' && (left < 0 || left >= source - 1)) {
      left = left < 0 ? 0 : source - 1;
      fraction = 0;
    }
    taps.first[index] = begin + clampIndex(left, source);
    taps.second[index] = begin + clampIndex(left + 1, source);
    taps.fraction[index] = fraction;
    taps.firstWeight[index] = roundHalfEven(Math.fround(Math.fround(1 - fraction) * ONE));
    taps.secondWeight[index] = roundHalfEven(Math.fround(fraction * ONE));
  }
  return taps;
}

function clampIndex(index: number, size: number): number {
  return Math.min(size - 1, Math.max(0, index));
}
