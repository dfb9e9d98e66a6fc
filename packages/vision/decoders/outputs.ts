import { visionErrors } from '../errors.ts';
import type { NamedTensors, Tensor, TensorInfo } from '../loaded-model.ts';
import { numbersOfHalves } from '../tensor/float16.ts';

/** Numbers of a tensor in row-major order, of whatever type. */
export type Numbers =
  Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/**
 * The name of an output as the manifest gives it, or of the only one.
 * @throws EdgeError `model.interface-mismatch`
 */
export function outputName(name: string | undefined, outputs: readonly TensorInfo[], key: string): string {
  const names = outputs.map((output) => output.name);
  if (name === undefined && names.length === 1) return names[0] as string;
  if (name !== undefined && names.includes(name)) return name;
  const problem =
    name === undefined
      ? `output.${key} is missing in model.json`
      : `the model does not have an output "${name}" (output.${key})`;
  throw visionErrors.error(
    'model.interface-mismatch',
    `${problem}; its outputs are ${names.map((one) => `"${one}"`).join(', ')}`,
    {
      facts: { key, name, outputs: names },
    },
  );
}

export function outputTensor(outputs: NamedTensors, name: string): Tensor {
  const tensor = outputs[name];
  if (!tensor)
    throw visionErrors.error('model.output-unexpected', `the model gave no output "${name}"`, {
      facts: { output: name },
    });
  return tensor;
}

/** The numbers of an output; half precision and 64-bit integers are converted, everything else is seen in place. */
export function numbersOf(tensor: Tensor): Numbers {
  switch (tensor.type) {
    case 'float16':
      return fromHalves(tensor.data as Uint16Array);
    case 'string':
      throw visionErrors.error('model.output-unexpected', 'an output holds strings, and a decoder reads numbers');
    case 'int64':
    case 'uint64':
      return Float64Array.from(tensor.data as BigInt64Array, Number);
    default:
      return tensor.data as Numbers;
  }
}

/** A loop, because `Float32Array.from` takes many times as long. */
function fromHalves(halves: Uint16Array): Float32Array {
  const table = numbersOfHalves();
  const numbers = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at++) numbers[at] = table[halves[at] as number] as number;
  return numbers;
}

/** @throws EdgeError `model.output-unexpected` naming the output, its shape and the one needed */
export function unexpectedShape(name: string, shape: readonly number[], needed: string): Error {
  return visionErrors.error(
    'model.output-unexpected',
    `output "${name}" has the shape [${shape.join(', ')}]; needed is ${needed}`,
    {
      facts: { output: name, shape, needed },
    },
  );
}
