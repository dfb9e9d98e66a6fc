import type { TensorType } from '#packages/vision';

import type { DataType } from '../messages.ts';

/**
 * The protocol's type for a type of ONNX. Types that the protocol does not know go as the integer of the same width, their bits
 * unchanged: int8 and bool as UINT8, uint16 as INT16, uint32 as INT32, uint64 as INT64.
 */
export const DATA_TYPE_OF: Readonly<Record<TensorType, DataType>> = {
  uint8: 'UINT8',
  int8: 'UINT8',
  bool: 'UINT8',
  int16: 'INT16',
  uint16: 'INT16',
  int32: 'INT32',
  uint32: 'INT32',
  int64: 'INT64',
  uint64: 'INT64',
  float16: 'FLOAT16',
  float32: 'FLOAT32',
  float64: 'FLOAT64',
};

/** Arrays over memory, by type; half precision as its bits. */
export const ARRAY_OF = {
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Readonly<Record<TensorType, unknown>>;

/** Elements of a tensor of this shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
