import type { LinearTaps } from '../resize/linear-taps.ts';

/** Where `blendNear` and `blendFar` (kernels.wat) find the two neighbors of each position, for 8 positions at a time. */
export interface GatherTable {
  /** Whether 16 bytes hold the neighbors of 4 positions; else 4 bytes are read for each. */
  readonly isNear: boolean;
  readonly offsets: Int32Array;
  readonly masks: Uint8Array;
  readonly weights: Int16Array;
  /** Positions, rounded up to 8. */
  readonly count: number;
}

/** An index beyond 15 makes `i8x16.swizzle` give 0. */
const ZERO = 0x80;
const GROUP = 4;

export function gatherTable(taps: LinearTaps): GatherTable {
  const count = Math.ceil(taps.first.length / 8) * 8;
  const first = padded(taps.first, count);
  const second = padded(taps.second, count);
  const near = bases(first, second, GROUP);
  const isNear = fits(near, first, second, GROUP, 16);
  const span = isNear ? GROUP : 1;
  const offsets = isNear ? near : bases(first, second, 1);
  const masks = new Uint8Array(4 * count).fill(ZERO);
  const weights = new Int16Array(2 * count);
  for (let at = 0; at < taps.first.length; at++) {
    const base = offsets[Math.floor(at / span)] as number;
    const lane = isNear ? 0 : 4 * (at % GROUP);
    masks[4 * at] = lane + (first[at] as number) - base;
    masks[4 * at + 2] = lane + (second[at] as number) - base;
    weights[2 * at] = taps.firstWeight[at] as number;
    weights[2 * at + 1] = taps.secondWeight[at] as number;
  }
  return { isNear, offsets, masks, weights, count };
}

/** The last position again, so that nothing outside is read. */
function padded(positions: Int32Array, count: number): Int32Array {
  const all = new Int32Array(count).fill(positions.at(-1) ?? 0);
  all.set(positions);
  return all;
}

/** The lowest byte that each group needs. */
function bases(first: Int32Array, second: Int32Array, span: number): Int32Array {
  return Int32Array.from({ length: first.length / span }, (_, group) =>
    Math.min(...first.subarray(group * span, (group + 1) * span), ...second.subarray(group * span, (group + 1) * span)),
  );
}

function fits(offsets: Int32Array, first: Int32Array, second: Int32Array, span: number, bytes: number): boolean {
  return first.every(
    (left, at) => Math.max(left, second[at] as number) - (offsets[Math.floor(at / span)] as number) < bytes,
  );
}
