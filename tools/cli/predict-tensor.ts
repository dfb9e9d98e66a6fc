import type { Tensor, TensorType } from '#packages/vision';
import type { TensorJson } from '#packages/http';

/** A tensor as it is printed: plain numbers; 64-bit integers as text, because JSON numbers cannot hold them. */
export interface PlainTensor {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

export function plainTensor({
  type,
  shape,
  data,
}: Pick<Tensor, 'shape' | 'data'> & { readonly type: string }): PlainTensor {
  return {
    type,
    shape,
    data: Array.from(data as Iterable<number | bigint>, (value) => (typeof value === 'bigint' ? String(value) : value)),
  };
}

/** The same from an answer of the agent. @throws Error where the agent sends a type that this program does not know */
export function plainTensorOf({ type, shape, data }: TensorJson): PlainTensor {
  const View = Object.hasOwn(VIEWS, type) ? VIEWS[type as TensorType] : undefined;
  if (!View) throw new Error(`the agent sent a tensor of the unknown type "${type}"`);
  // Views need their own alignment, which a piece of a shared buffer does not have.
  const { buffer } = Uint8Array.from(Buffer.from(data, 'base64'));
  return plainTensor({ type, shape, data: new View(buffer) });
}

const VIEWS: Readonly<Record<TensorType, new (buffer: ArrayBuffer) => Tensor['data']>> = {
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
};
