import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { npyOfTensor, packStrings } from '#packages/vision';
import type { NamedTensors, Tensor } from '#packages/vision';
import { echoModel, SOUND_TENSORS, soundModel } from './tensor-models.ts';

/** Types of the echoing model. */
const TYPES = ['int64', 'float16', 'string', 'bool', 'uint8', 'float32'] as const;

/** Models of the cases, by name: what is in model.json besides the rest, and the ONNX file. */
export const TENSOR_CASE_MODELS = {
  Sound: { manifest: { tensors: SOUND_TENSORS }, onnx: soundModel() },
  Echo: { manifest: {}, onnx: echoModel(TYPES) },
  Numbers: { manifest: {}, onnx: echoModel(['int64', 'float32']) },
} as const;

export interface TensorCase {
  readonly name: string;
  readonly model: keyof typeof TENSOR_CASE_MODELS;
  readonly inputs: NamedTensors;
  /** Outputs as JSON has their elements. */
  readonly expected: Readonly<Record<string, readonly (number | string | boolean)[]>>;
}

const floats = (shape: readonly number[], ...values: number[]): Tensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** Cases that every way of asking must answer alike. */
export const TENSOR_CASES: readonly TensorCase[] = [
  {
    name: 'a state and a constant that model.json gives',
    model: 'Sound',
    inputs: { input: floats([1, 4], 1, 2, 3, 6) },
    expected: { level: [3, 3], stateN: [1, 1] },
  },
  {
    name: 'every input given',
    model: 'Sound',
    inputs: {
      input: floats([1, 4], 1, 1, 1, 1),
      state: floats([1, 1, 2], 5, 6),
      sr: { type: 'int64', shape: [], data: BigInt64Array.of(16_000n) },
    },
    expected: { level: [6, 7], stateN: [6, 7] },
  },
  {
    name: 'a batch',
    model: 'Sound',
    inputs: { input: floats([2, 4], 1, 2, 3, 6, 0, 0, 0, 4), state: floats([1, 2, 2], 0, 0, 1, 1) },
    expected: { level: [3, 3, 2, 2], stateN: [1, 1, 2, 2] },
  },
  {
    name: 'every type',
    model: 'Echo',
    inputs: {
      int64_in: { type: 'int64', shape: [2], data: BigInt64Array.of(-5n, 2n ** 62n) },
      float16_in: { type: 'float16', shape: [2], data: Uint16Array.of(0x3e00, 0xc000) },
      string_in: { type: 'string', shape: [3], data: packStrings(['grün', '', 'bolt']) },
      bool_in: { type: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
      uint8_in: { type: 'uint8', shape: [1], data: Uint8Array.of(255) },
      float32_in: floats([1], 0.5),
    },
    expected: {
      int64_out: [-5, String(2n ** 62n)],
      float16_out: [1.5, -2],
      string_out: ['grün', '', 'bolt'],
      bool_out: [true, false],
      uint8_out: [255],
      float32_out: [0.5],
    },
  },
  {
    name: 'nothing at all',
    model: 'Numbers',
    inputs: { int64_in: { type: 'int64', shape: [0], data: new BigInt64Array(0) }, float32_in: floats([0]) },
    expected: { int64_out: [], float32_out: [] },
  },
];

/** The arrays as `np.savez_compressed` writes them. */
export async function npzOf(tensors: NamedTensors): Promise<Uint8Array> {
  const zip = new ZipFile();
  for (const [name, tensor] of Object.entries(tensors)) zip.addBuffer(Buffer.from(npyOfTensor(tensor)), `${name}.npy`);
  zip.end();
  return new Uint8Array(await buffer(zip.outputStream as Readable));
}
