import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { visionErrors } from '../errors.ts';
import type { NamedTensors, Tensor, TensorData, TensorInfo, TensorType } from '../loaded-model.ts';
import { elementsOf } from '../tensor/allocate.ts';
import { packStrings, unpackStrings } from '../tensor/string-elements.ts';

const TYPES: ReadonlySet<string> = new Set<TensorType>([
  'float32',
  'float64',
  'float16',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'bool',
  'string',
]);

/** Wraps tensors for a runtime, once for each object: the input of a model is one object that is filled again. */
export class FeedCache {
  readonly #Tensor: TensorConstructor;
  readonly #known = new WeakMap<Tensor, OrtTensor>();

  constructor(Tensor: TensorConstructor) {
    this.#Tensor = Tensor;
  }

  wrap(feeds: NamedTensors): Record<string, OrtTensor> {
    const wrapped: Record<string, OrtTensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) {
      let known = this.#known.get(tensor);
      if (!known) {
        known = new this.#Tensor(tensor.type, elementsFor(tensor), tensor.shape);
        if (tensor.type !== 'string' && known.data !== tensor.data) keepBits(known, tensor.data);
        this.#known.set(tensor, known);
      }
      wrapped[name] = known;
    }
    return wrapped;
  }
}

/** Elements as the runtime wants them: its strings are strings. */
function elementsFor({ type, shape, data }: Tensor): TensorData | readonly string[] {
  return type === 'string' ? unpackStrings(data as Uint8Array, elementsOf(shape)) : data;
}

/** @throws EdgeError `model.output-unexpected` for sequences and maps */
export function unwrap(results: InferenceSession.OnnxValueMapType): NamedTensors {
  const tensors: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(results)) {
    if (!TYPES.has(value.type)) {
      throw visionErrors.error(
        'model.output-unexpected',
        `output "${name}" holds ${value.type}, which no decoder reads`,
        { facts: { output: name } },
      );
    }
    const data = value.type === 'string' ? packStrings(value.data as string[]) : rawData(value.data as TensorData);
    tensors[name] = { type: value.type as TensorType, shape: value.dims, data };
  }
  return tensors;
}

/** @throws EdgeError `model.interface-mismatch` for sequences, maps and types that no tensor here has */
export function describe(
  metadata: readonly InferenceSession.ValueMetadata[],
  direction: 'input' | 'output',
): readonly TensorInfo[] {
  return metadata.map((value): TensorInfo => {
    if (!value.isTensor || !TYPES.has(value.type)) {
      throw visionErrors.error(
        'model.interface-mismatch',
        `${direction} "${value.name}" of the model is ${value.isTensor ? `a tensor of ${value.type}` : 'a sequence, a map or an optional value'}; ` +
          `tensors of ${[...TYPES].join(', ')} are supported`,
      );
    }
    return {
      name: value.name,
      type: value.type as TensorType,
      shape: value.shape.map((side) => (typeof side === 'number' && side >= 0 ? side : -1)),
    };
  });
}

/**
 * On newer Node onnxruntime-common turns the bits of half precision into a Float16Array, which the native binding of the same
 * version takes for an empty one ("not enough space: expected 384, got 0").
 */
function keepBits(tensor: OrtTensor, bits: TensorData): void {
  (tensor as unknown as { cpuData: TensorData }).cpuData = bits;
}

/** Newer Node gives half precision as a Float16Array; everything here takes its bits. */
function rawData(data: TensorData): TensorData {
  return data.constructor.name === 'Float16Array' ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
}
