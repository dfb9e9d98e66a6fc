import { ARRAY_OF, elementsOf } from '../../tensor/allocate.ts';
import { ELEMENT_TYPES } from '../../tensor/element-types.ts';
import { packBytes, unpackStrings } from '../../tensor/string-elements.ts';
import type { Tensor, TensorType } from '../../loaded-model.ts';
import type { Handle, OrtLibrary } from './ort-library.ts';

/**
 * Wraps a tensor for a run without copying it; text is copied. The caller keeps the tensor until it has released the value.
 * @param memory what `CreateCpuMemoryInfo` gave
 */
export function valueOf(ort: OrtLibrary, memory: Handle, { type, shape, data }: Tensor): Handle {
  const sides = BigInt64Array.from(shape, BigInt);
  const code = ELEMENT_TYPES.indexOf(type);
  if (type === 'string') return stringValue(ort, sides, unpackStrings(data as Uint8Array, elementsOf(shape)));
  // An empty array may not have an address.
  const bytes = data.byteLength > 0 ? data : new Uint8Array(1);
  return ort.handle('CreateTensorWithDataAsOrtValue', memory, bytes, data.byteLength, sides, sides.length, code);
}

function stringValue(ort: OrtLibrary, sides: BigInt64Array, strings: readonly string[]): Handle {
  const allocator = ort.handle('GetAllocatorWithDefaultOptions');
  const value = ort.handle('CreateTensorAsOrtValue', allocator, sides, sides.length, ELEMENT_TYPES.indexOf('string'));
  try {
    ort.call('FillStringTensor', value, strings, strings.length);
    return value;
  } catch (error) {
    ort.release('ReleaseValue', value);
    throw error;
  }
}

/** Copies a tensor out of a value, which stays the caller's. */
export function tensorOf(ort: OrtLibrary, value: Handle): Tensor {
  const info = ort.handle('GetTensorTypeAndShape', value);
  try {
    const { type, shape } = typeAndShape(ort, info);
    const count = elementsOf(shape);
    if (type === 'string') return { type, shape, data: stringsOf(ort, value, count) };
    const elements = ARRAY_OF[type as Exclude<TensorType, 'string'>];
    const bytes = ort.copy(ort.handle('GetTensorMutableData', value), count * elements.BYTES_PER_ELEMENT);
    return { type: type as TensorType, shape, data: new elements(bytes.buffer) };
  } finally {
    ort.release('ReleaseTensorTypeAndShapeInfo', info);
  }
}

/** Of an `OrtTensorTypeAndShapeInfo`; a free side is -1. */
export function typeAndShape(ort: OrtLibrary, info: Handle): { readonly type: string; readonly shape: number[] } {
  const sides = new BigInt64Array(Number(ort.handle('GetDimensionsCount', info)));
  if (sides.length > 0) ort.call('GetDimensions', info, sides, sides.length);
  const code = ort.code('GetTensorElementType', info);
  return { type: ELEMENT_TYPES[code] ?? `type ${code}`, shape: [...sides].map(Number) };
}

function stringsOf(ort: OrtLibrary, value: Handle, count: number): Uint8Array<ArrayBuffer> {
  if (count === 0) return new Uint8Array();
  const bytes = new Uint8Array(Number(ort.handle('GetStringTensorDataLength', value)));
  const offsets = new BigUint64Array(count);
  ort.call('GetStringTensorContent', value, bytes.length > 0 ? bytes : new Uint8Array(1), bytes.length, offsets, count);
  const starts = [...offsets].map(Number);
  return packBytes(starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length)));
}
