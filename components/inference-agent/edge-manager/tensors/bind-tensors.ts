import { ARRAY_OF, elementsOf } from '#packages/vision';
import type { NamedTensors, PlainType, Tensor, TensorInfo } from '#packages/vision';
import { ELEMENT_BYTES } from '../../capture/capture.ts';
import type { TensorFeeds } from '../../instance/model-instance.ts';
import { agentErrors } from '../../errors.ts';
import type { TensorMessage } from '../messages.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { DATA_TYPE_OF } from './data-types.ts';
import { givenShape, shapeFor } from './shape.ts';
import { byteSizeOf, checkSource, copyTo } from './tensor-source.ts';

export interface BindPorts {
  /** Memory of its own for so many bytes. */
  readonly takeMemory: (bytes: number) => Uint8Array<ArrayBuffer>;
  readonly sharedMemory: SharedMemory;
  /** Whether model.json has a value or a state for an input, so that the request need not. Default: for none. */
  readonly isOptional?: (input: string) => boolean;
  /** A tensor was declared in another shape than the model's, of as many elements, and is taken for the model's. */
  readonly onOtherShape: (tensor: OtherShape) => void;
}

export interface OtherShape {
  readonly input: string;
  readonly declared: readonly number[];
  readonly takenAs: readonly number[];
}

/**
 * Puts the tensors of a request side by side into memory that can go to the model's worker. A tensor is meant for the input
 * of its name; without a name, for the input at its place.
 * @throws EdgeError `edge-manager.tensor-invalid`, `shared-memory.*`
 */
export function bindTensors(
  messages: readonly TensorMessage[],
  inputs: readonly TensorInfo[],
  { takeMemory, sharedMemory, isOptional = () => false, onOtherShape }: BindPorts,
): TensorFeeds {
  const planned = planTensors(messages, inputs, isOptional);
  for (const { message, bytes } of planned) checkSource(message, bytes, sharedMemory);
  const memory = takeMemory(planned.reduce((end, { bytes }) => aligned(end) + bytes, 0));
  const tensors: Record<string, Tensor> = {};
  let end = 0;
  for (const { info, shape, bytes, message } of planned) {
    const declared = givenShape(message.tensor_metadata);
    if (declared && String(declared) !== String(shape)) onOtherShape({ input: info.name, declared, takenAs: shape });
    const start = aligned(end);
    end = start + bytes;
    copyTo(memory.subarray(start, end), message, sharedMemory);
    const data = new ARRAY_OF[info.type as PlainType](memory.buffer, memory.byteOffset + start, elementsOf(shape));
    tensors[info.name] = { type: info.type, shape, data };
  }
  return { tensors: tensors satisfies NamedTensors, memory: memory.buffer };
}

interface PlannedTensor {
  readonly info: TensorInfo;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly message: TensorMessage;
}

function planTensors(
  messages: readonly TensorMessage[],
  inputs: readonly TensorInfo[],
  isOptional: (input: string) => boolean,
): readonly PlannedTensor[] {
  const planned = new Map<TensorInfo, PlannedTensor>();
  messages.forEach((message, index) => {
    const info = inputFor(message, index, inputs);
    if (planned.has(info)) throw invalid(`the input "${info.name}" is given twice`);
    planned.set(info, planTensor(message, info));
  });
  const missing = inputs.filter((info) => !planned.has(info) && !isOptional(info.name)).map(({ name }) => `"${name}"`);
  if (missing.length > 0) throw invalid(`the request lacks ${missing.join(', ')} of the model's inputs`);
  return [...planned.values()];
}

function inputFor(
  { tensor_metadata: metadata }: TensorMessage,
  index: number,
  inputs: readonly TensorInfo[],
): TensorInfo {
  const name = metadata ? Buffer.from(metadata.name).toString() : '';
  const info = name === '' ? inputs[index] : inputs.find((input) => input.name === name);
  if (info) return info;
  const known = inputs.map((input) => `"${input.name}"`).join(', ');
  const what =
    name === ''
      ? `tensor ${index} has no name, and the model no such input`
      : `the model does not have an input "${name}"`;
  throw invalid(`${what}; its inputs are ${known}`);
}

function planTensor(message: TensorMessage, info: TensorInfo): PlannedTensor {
  if (info.type === 'string') {
    throw invalid(
      `the input "${info.name}" takes strings, which Edge Manager's protocol does not have; ask by Open Inference Protocol`,
    );
  }
  const expected = DATA_TYPE_OF[info.type];
  const { tensor_metadata: metadata } = message;
  // Type 0 without a shape is what metadata look like that hold a name only.
  const typed = metadata && (metadata.data_type !== 'UINT8' || metadata.shape.length > 0);
  if (typed && metadata.data_type !== expected) {
    throw invalid(`the input "${info.name}" takes ${expected}, not ${metadata.data_type}`);
  }
  const width = ELEMENT_BYTES[expected];
  const size = byteSizeOf(message);
  const shape = shapeFor(info, givenShape(metadata), size === undefined ? undefined : size / width);
  const bytes = width * elementsOf(shape);
  if (size !== undefined && size !== bytes) {
    const needed = `[${shape.join(', ')}] of ${expected} are ${bytes} bytes`;
    throw invalid(`the tensor for the input "${info.name}" has ${size} bytes, but ${needed}`);
  }
  return { info, shape, bytes, message };
}

/** Elements of up to 8 bytes lie at multiples of their size. */
function aligned(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

function invalid(message: string) {
  return agentErrors.error('edge-manager.tensor-invalid', message);
}
