import { ARRAY_OF, elementsOf, fromElements, shapeText, unpackStrings } from '#packages/vision';
import type { NamedTensors, Tensor, TensorData, TensorInfo, TensorType } from '#packages/vision';
import { agentErrors } from '../errors.ts';
import type { TensorFeeds } from '../instance/model-instance.ts';
import { dataTypeOf, tensorTypeOf } from './data-types.ts';
import type { GivenTensor } from './infer-request.ts';

/** More cannot come in one request. */
const MAX_ELEMENTS = 2 ** 30;
const MAX_RANK = 16;

/**
 * The tensors of a request as input of the model that serves: compared with what it takes, side by side in memory that can go to its
 * process. Inputs that model.json gives a value or a state may be missing; the model's process says which others are.
 * @param state what the sequence has kept of the call before
 * @throws EdgeError `open-inference.tensor-invalid`
 */
export function bindInputs(
  given: readonly GivenTensor[],
  inputs: readonly TensorInfo[],
  state: NamedTensors,
  takeMemory: (bytes: number) => Uint8Array<ArrayBuffer>,
): TensorFeeds {
  const tensors = new Map(Object.entries(state));
  const names = new Set<string>();
  for (const one of given) {
    const info = inputs.find(({ name }) => name === one.name);
    if (!info) {
      throw invalid(
        `the model does not have an input "${one.name.slice(0, 200)}"; it has ${inputs.map(({ name }) => `"${name}"`).join(', ')}`,
      );
    }
    if (names.has(one.name)) throw invalid(`the input "${one.name}" is given twice`);
    names.add(one.name);
    tensors.set(one.name, tensorFor(one, info));
  }
  return together(tensors, takeMemory);
}

function tensorFor({ name, datatype, shape, data }: GivenTensor, info: TensorInfo): Tensor {
  const type = tensorTypeOf(datatype);
  if (type !== info.type) {
    throw invalid(`the input "${name}" takes ${dataTypeOf(info.type)}, not ${datatype.slice(0, 40)}`);
  }
  requireShape(name, shape, info);
  const count = elementsOf(shape);
  const elements = data.kind === 'bytes' ? dataOf(name, type, count, data.bytes) : converted(name, type, data.elements);
  const length = data.kind === 'elements' ? data.elements.length : count;
  if (length !== count)
    throw invalid(`the input "${name}" has ${length} elements, and ${shapeText(shape)} are ${count}`);
  return { type, shape, data: elements };
}

function requireShape(name: string, shape: readonly number[], info: TensorInfo): void {
  const isShape = shape.length <= MAX_RANK && shape.every((side) => Number.isSafeInteger(side) && side >= 0);
  if (!isShape || elementsOf(shape) > MAX_ELEMENTS) {
    throw invalid(
      `the shape of the input "${name}" must be at most ${MAX_RANK} whole numbers from 0, ${MAX_ELEMENTS} elements together`,
    );
  }
  const fits =
    shape.length === info.shape.length &&
    shape.every((side, axis) => info.shape[axis] === -1 || info.shape[axis] === side);
  if (fits) return;
  throw invalid(`the input "${name}" takes ${shapeText(info.shape)}, not ${shapeText(shape)}`);
}

function dataOf(name: string, type: TensorType, count: number, bytes: Uint8Array): TensorData {
  if (type === 'string') {
    try {
      unpackStrings(bytes, count);
    } catch (cause) {
      throw invalid(`the input "${name}" does not hold ${count} strings, each behind its length`, cause);
    }
    return bytes;
  }
  const View = ARRAY_OF[type];
  if (bytes.byteLength !== count * View.BYTES_PER_ELEMENT) {
    throw invalid(
      `the input "${name}" has ${bytes.byteLength} bytes, and its shape needs ${count * View.BYTES_PER_ELEMENT}`,
    );
  }
  // Elements may lie anywhere in a body; they are copied to where they are aligned.
  return bytes.byteOffset % View.BYTES_PER_ELEMENT === 0
    ? new View(bytes.buffer as ArrayBuffer, bytes.byteOffset, count)
    : new View(new Uint8Array(bytes).buffer);
}

function converted(name: string, type: TensorType, elements: readonly (number | string | boolean)[]): TensorData {
  const isWrong = (one: number | string | boolean): boolean =>
    type === 'string'
      ? typeof one !== 'string'
      : typeof one === 'string' || (type === 'bool') !== (typeof one === 'boolean');
  if (elements.some(isWrong))
    throw invalid(`the data of the input "${name}" are not all of its type, ${dataTypeOf(type)}`);
  if (/^u?int64$/.test(type) && elements.some((one) => !Number.isSafeInteger(one))) {
    throw invalid(`the input "${name}" holds numbers that JSON cannot carry exactly; send it as binary data`);
  }
  try {
    return fromElements(type, elements);
  } catch (cause) {
    throw invalid(`the data of the input "${name}" cannot be ${dataTypeOf(type)}`, cause);
  }
}

/** Copies to one piece of memory; elements of up to 8 bytes lie at multiples of their size. */
function together(
  tensors: ReadonlyMap<string, Tensor>,
  takeMemory: (bytes: number) => Uint8Array<ArrayBuffer>,
): TensorFeeds {
  const total = [...tensors.values()].reduce((end, { data }) => aligned(end) + data.byteLength, 0);
  const memory = takeMemory(total);
  let end = 0;
  const placed = [...tensors].map(([name, { type, shape, data }]): [string, Tensor] => {
    const start = aligned(end);
    end = start + data.byteLength;
    memory.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
    const at = memory.byteOffset + start;
    const View = type === 'string' ? Uint8Array : ARRAY_OF[type];
    return [name, { type, shape, data: new View(memory.buffer, at, data.byteLength / View.BYTES_PER_ELEMENT) }];
  });
  return { tensors: Object.fromEntries(placed), memory: memory.buffer };
}

function aligned(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

function invalid(message: string, cause?: unknown) {
  return agentErrors.error('open-inference.tensor-invalid', message, { cause });
}
