import type { ResizeFilter } from '#packages/model-package';

/** Weights are of 2^22, as Pillow has them for 8 bits: room for the sign and for overshoot. */
export const WEIGHT_BITS = 22;

export type WideFilter = Exclude<ResizeFilter, 'bilinear'>;

/** For each output position a run of neighbors and their weights, `longest` apart. */
export interface FilterTaps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly longest: number;
}

/**
 * Taps of Pillow's resize along one axis, bit for bit (with 12 and older, which always go across first). The filter widens with the reduction, which is what anti-aliases.
 * `begin` is the pixel at which the part that is resized begins, and `source` how long it is.
 * Source: Pillow src/libImaging/Resample.c (precompute_coeffs, normalize_coeffs_8bpc), read as a specification.
 */
export function filterTaps(
  filter: WideFilter,
  source: number,
  resized: number,
  window: { readonly start: number; readonly length: number },
  begin = 0,
): FilterTaps {
  const { reach, weigh } = FILTERS[filter];
  const scale = source / resized;
  const widen = Math.max(1, scale);
  const support = reach * widen;
  const longest = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(window.length);
  const count = new Int32Array(window.length);
  const weights = new Int32Array(window.length * longest);
  const raw = new Float64Array(longest);
  for (let index = 0; index < window.length; index++) {
    const center = (window.start + index + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const to = Math.min(source, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let at = from; at < to; at++) {
      const weight = weigh((at - center + 0.5) / widen);
      raw[at - from] = weight;
      sum += weight;
    }
    for (let at = 0; at < to - from; at++) {
      const weight = ((raw[at] as number) / sum) * 2 ** WEIGHT_BITS;
      weights[index * longest + at] = Math.trunc(weight + (weight < 0 ? -0.5 : 0.5));
    }
    first[index] = begin + from;
    count[index] = to - from;
  }
  return { first, count, weights, longest };
}

interface Filter {
  readonly reach: number;
  readonly weigh: (distance: number) => number;
}

const FILTERS: Readonly<Record<WideFilter, Filter>> = {
  area: { reach: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  box: { reach: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bicubic: { reach: 2, weigh: cubic },
  lanczos: { reach: 3, weigh: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic convolution with a = -0.5. */
function cubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
