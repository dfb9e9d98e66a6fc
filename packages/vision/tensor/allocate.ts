import type { TensorData, TensorType } from '../loaded-model.ts';
import { toFloat16Bits } from './float16.ts';
import { packStrings } from './string-elements.ts';

/** Types whose elements all have the same size. */
export type PlainType = Exclude<TensorType, 'string'>;

/** Array over the elements of each type; float16 as its bits, bool as one byte each. */
export const ARRAY_OF = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const satisfies Readonly<Record<PlainType, unknown>>;

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** `count` zeros, or empty strings. */
export function zeros(type: TensorType, count: number): TensorData {
  return type === 'string' ? new Uint8Array(4 * count) : new ARRAY_OF[type](count);
}

/** Elements as JSON has them; 64-bit integers as numbers or text. @throws SyntaxError, RangeError for text that is not an integer */
export function fromElements(type: TensorType, elements: readonly (number | string | boolean)[]): TensorData {
  switch (type) {
    case 'string':
      return packStrings(elements.map(String));
    case 'int64':
      return BigInt64Array.from(elements, BigInt);
    case 'uint64':
      return BigUint64Array.from(elements, BigInt);
    case 'float16':
      return Uint16Array.from(elements, (value) => toFloat16Bits(Number(value)));
    default:
      return ARRAY_OF[type].from(elements.map(Number));
  }
}
