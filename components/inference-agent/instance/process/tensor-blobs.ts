import { ARRAY_OF, elementsOf } from '#packages/vision';
import type { NamedTensors, Tensor, TensorType } from '#packages/vision';

/** A tensor in a frame: its elements lie in the blob, one tensor after the other in the order of the heads. */
export interface TensorHead {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Strings are bytes here; `unpackStrings` checks the lengths among them. */
const VIEWS = { ...ARRAY_OF, string: Uint8Array } as const;

/** The tensors that a frame carries. */
export function tensorBlobs(tensors: NamedTensors): {
  readonly heads: readonly TensorHead[];
  readonly blobs: readonly Uint8Array[];
} {
  const entries = Object.entries(tensors);
  return {
    heads: entries.map(([name, { type, shape, data }]) => ({ name, type, shape, bytes: data.byteLength })),
    blobs: entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  };
}

/**
 * The tensors of a frame, each in memory of its own.
 * @throws Error if the heads do not fit the blob or themselves: they come from another process
 */
export function tensorsOf(heads: unknown, blob: Uint8Array): NamedTensors {
  if (!Array.isArray(heads)) throw new Error('tensors must be a list');
  let offset = 0;
  const tensors: [string, Tensor][] = heads.map((one: unknown) => {
    const head = tensorHead(one);
    if (offset + head.bytes > blob.length) throw new Error(`the tensor "${head.name}" does not fit its message`);
    const bytes = blob.slice(offset, (offset += head.bytes));
    return [head.name, tensorOf(head, bytes)];
  });
  return Object.fromEntries(tensors);
}

function tensorOf({ name, type, shape }: TensorHead, bytes: Uint8Array): Tensor {
  const View = VIEWS[type];
  const elements = elementsOf(shape);
  if (type === 'string' ? bytes.length < 4 * elements : elements * View.BYTES_PER_ELEMENT !== bytes.length) {
    throw new Error(`the tensor "${name}" has ${bytes.length} bytes, which is not its shape`);
  }
  // `slice` of a pooled Buffer may lie anywhere; a typed array wants its alignment.
  const memory = new Uint8Array(bytes).buffer;
  return { type, shape, data: new View(memory) };
}

function tensorHead(value: unknown): TensorHead {
  const { name, type, shape, bytes } = (value ?? {}) as Partial<TensorHead>;
  if (
    typeof name !== 'string' ||
    typeof type !== 'string' ||
    !Object.hasOwn(VIEWS, type) ||
    !Array.isArray(shape) ||
    !shape.every(isCount) ||
    !isCount(bytes)
  ) {
    throw new Error('a tensor needs name, type, shape and bytes');
  }
  return { name, type, shape, bytes };
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
