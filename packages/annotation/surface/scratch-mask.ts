import type { Mask } from './surface.ts';

let scratch = new Uint8Array(0);

/** A mask to be filled, in memory that is used again: it holds until the next call. */
export function scratchMask(x: number, y: number, width: number, height: number): Mask {
  const bytes = Math.max(0, width) * Math.max(0, height);
  if (scratch.length < bytes) scratch = new Uint8Array(2 * bytes);
  return { x, y, width: Math.max(0, width), height: Math.max(0, height), coverage: scratch };
}
