import { buildOnnx } from './onnx-builder.ts';

/** `model.json` of a model that takes tensors only. */
export const TENSOR_MODEL = {
  schemaVersion: 1,
  name: 'Counter',
  version: '1.0.0',
  task: 'tensor',
  input: undefined,
  output: { decoder: 'tensor' },
  variants: [{ file: 'model.onnx' }],
} as const;

/**
 * Takes tensors as a model of sound does: `input` [?, ?] of which four samples are expected, a rate that must be 16000, a state that it
 * hands back. `level` = mean of the input + state, `stateN` = state + 1. Any other number of samples, or another rate, fails.
 */
export function soundModel(): Uint8Array {
  return buildOnnx({
    inputs: [
      { name: 'input', shape: ['batch', 'samples'] },
      { name: 'state', shape: [1, 'batch', 2] },
      { name: 'sr', type: 'int64', shape: [] },
    ],
    outputs: [
      { name: 'level', shape: ['batch', 2] },
      { name: 'stateN', shape: [1, 'batch', 2] },
    ],
    nodes: [
      { op: 'Div', inputs: ['sr', 'quarter'], outputs: ['samples'] },
      { op: 'Unsqueeze', inputs: ['samples', 'axis0'], outputs: ['length'] },
      { op: 'Concat', inputs: ['minus_one', 'length'], outputs: ['wanted'], attributes: { axis: 0 } },
      { op: 'Reshape', inputs: ['input', 'wanted'], outputs: ['window'] },
      { op: 'MatMul', inputs: ['window', 'quarters'], outputs: ['mean'] },
      { op: 'Squeeze', inputs: ['state', 'axis0'], outputs: ['flat'] },
      { op: 'Add', inputs: ['mean', 'flat'], outputs: ['level'] },
      { op: 'Add', inputs: ['state', 'one'], outputs: ['stateN'] },
    ],
    weights: [
      { name: 'quarter', type: 'int64', shape: [], values: [4000] },
      { name: 'axis0', type: 'int64', shape: [1], values: [0] },
      { name: 'minus_one', type: 'int64', shape: [1], values: [-1] },
      { name: 'quarters', shape: [4, 2], values: Array<number>(8).fill(0.25) },
      { name: 'one', shape: [1], values: [1] },
    ],
  });
}

/** Settings for the tensors of `soundModel` that the file does not tell. */
export const SOUND_TENSORS = {
  input: { shape: [1, 4] },
  state: { shape: [1, 1, 2], from: 'stateN' },
  sr: { value: 16_000 },
} as const;

/** Gives what it takes, of each type that a model may have. */
export function echoModel(
  types: readonly ('int64' | 'float16' | 'string' | 'bool' | 'uint8' | 'float32')[],
): Uint8Array {
  return buildOnnx({
    inputs: types.map((type) => ({ name: `${type}_in`, type, shape: ['n'] })),
    outputs: types.map((type) => ({ name: `${type}_out`, type, shape: ['n'] })),
    nodes: types.map((type) => ({ op: 'Identity', inputs: [`${type}_in`], outputs: [`${type}_out`] })),
  });
}

/** Gives a sequence of tensors, which nobody here reads. */
export function sequenceModel(): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'x', shape: [1] }],
    outputs: [{ name: 'parts', shape: [1], isSequence: true }],
    nodes: [{ op: 'SequenceConstruct', inputs: ['x'], outputs: ['parts'] }],
  });
}
