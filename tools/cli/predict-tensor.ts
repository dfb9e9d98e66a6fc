import { ARRAY_OF, elementsOf, unpackStrings } from '#packages/vision';
import type { PlainType, Tensor } from '#packages/vision';
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
  if (type === 'string') return { type, shape, data: unpackStrings(data as Uint8Array, elementsOf(shape)) };
  return {
    type,
    shape,
    data: Array.from(data as Iterable<number | bigint>, (value) => (typeof value === 'bigint' ? String(value) : value)),
  };
}

/** The same from an answer of the agent. @throws Error where the agent sends a type that this program does not know */
export function plainTensorOf({ type, shape, data }: TensorJson): PlainTensor {
  const View = Object.hasOwn(ARRAY_OF, type) ? ARRAY_OF[type as PlainType] : undefined;
  if (!View && type !== 'string') throw new Error(`the agent sent a tensor of the unknown type "${type}"`);
  // Views need their own alignment, which a piece of a shared buffer does not have.
  const { buffer } = Uint8Array.from(Buffer.from(data, 'base64'));
  return plainTensor({ type, shape, data: View ? new View(buffer) : new Uint8Array(buffer) });
}
