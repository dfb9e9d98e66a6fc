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
  // Clients of Edge Manager do not know strings: the bytes of `packStrings`.
  string: 'UINT8',
};
