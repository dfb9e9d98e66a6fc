import { Direction } from './direction.ts';

/** As exact as float32 numbers near 1, and sums of half a billion vectors are exact. */
const UNIT_BITS = 24;
export const EMBEDDING_UNIT = 2 ** UNIT_BITS;
const MOST = 32_767;
export const MIN_EXPONENT = -UNIT_BITS;
export const MAX_EXPONENT = 26;

export interface PackedDirection {
  readonly count: number;
  /** The numbers of `sum` count as multiples of 2 to this power. */
  readonly exponent: number;
  /** Int16 numbers, little-endian, in base64. */
  readonly sum: string;
}

/**
 * A mean direction in 2 bytes a number. It turns by less than 1e-7, as 1 less the cosine. Steps are powers of two, so that packing again
 * changes nothing.
 */
export function packed(direction: Direction): PackedDirection {
  const { count, sum } = direction.toJSON();
  const longest = sum.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let exponent = 0;
  while (Math.round(longest / 2 ** exponent) > MOST) exponent++;
  const bytes = Buffer.alloc(2 * sum.length);
  sum.forEach((value, at) => bytes.writeInt16LE(Math.round(value / 2 ** exponent), 2 * at));
  return { count, exponent: exponent - UNIT_BITS, sum: bytes.toString('base64') };
}

export function unpacked({ count, exponent, sum }: PackedDirection): Direction {
  const bytes = Buffer.from(sum, 'base64');
  const step = 2 ** (exponent + UNIT_BITS);
  const values = Array.from({ length: bytes.length / 2 }, (_, at) => step * bytes.readInt16LE(2 * at));
  return Direction.from({ count, sum: values }, EMBEDDING_UNIT);
}
