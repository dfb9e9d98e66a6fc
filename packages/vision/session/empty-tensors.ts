import type { NamedTensors, Tensor, TensorData, TensorInfo, TensorType } from '../loaded-model.ts';

/** Inputs full of zeros; free dimensions are 1. */
export function zerosFor(inputs: readonly TensorInfo[]): NamedTensors {
  return Object.fromEntries(inputs.map((input) => [input.name, zeros(input)]));
}

function zeros({ type, shape }: TensorInfo): Tensor {
  const sides = shape.map((side) => (side === -1 ? 1 : side));
  return { type, shape: sides, data: ALLOCATE[type](sides.reduce((product, side) => product * side, 1)) };
}

const ALLOCATE: Readonly<Record<TensorType, (length: number) => TensorData>> = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  float16: (length) => new Uint16Array(length),
  uint8: (length) => new Uint8Array(length),
  int8: (length) => new Int8Array(length),
  uint16: (length) => new Uint16Array(length),
  int16: (length) => new Int16Array(length),
  uint32: (length) => new Uint32Array(length),
  int32: (length) => new Int32Array(length),
  uint64: (length) => new BigUint64Array(length),
  int64: (length) => new BigInt64Array(length),
  bool: (length) => new Uint8Array(length),
};
