import { afterEach, describe, expect, it } from 'vitest';
import { modelFolder } from '../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../testing/vision/model-folder.ts';
import {
  SOUND_TENSORS,
  TENSOR_MODEL,
  echoModel,
  sequenceModel,
  soundModel,
} from '../../testing/vision/tensor-models.ts';
import { constantModel } from '../../testing/vision/onnx-builder.ts';
import { plain, RED } from '../../testing/vision/images.ts';
import type { LoadedModel, Tensor } from './loaded-model.ts';
import { packStrings, unpackStrings } from './tensor/string-elements.ts';

let folder: ModelFolder | undefined;
let model: LoadedModel | undefined;
afterEach(async () => {
  await model?.close();
  await folder?.remove();
  model = folder = undefined;
});

async function load(onnx: Uint8Array, manifest: object = {}): Promise<LoadedModel> {
  folder = await modelFolder({ ...TENSOR_MODEL, ...manifest }, { 'model.onnx': onnx }, []);
  return (model = await folder.load());
}
const floats = (shape: readonly number[], ...values: number[]): Tensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});

describe('a model that takes tensors', () => {
  it('needs no `input`, warms up with the shapes of model.json, and fills in constants and the first state', async () => {
    const sound = await load(soundModel(), { tensors: SOUND_TENSORS });
    expect(await sound.warmUp()).toBe(true);
    const first = await sound.inferTensors({ input: floats([1, 4], 1, 2, 3, 6) });
    expect(Array.from(first['level']?.data as Float32Array)).toEqual([3, 3]);
    const second = await sound.inferTensors({ input: floats([1, 4], 1, 2, 3, 6), state: first['stateN'] as Tensor });
    expect(Array.from(second['level']?.data as Float32Array)).toEqual([4, 4]);
  });

  it('loads without being warmed up if model.json does not say the sizes that the model leaves free', async () => {
    const sound = await load(soundModel());
    expect(await sound.warmUp()).toBe(false);
    const answer = await sound.inferTensors({
      input: floats([1, 4], 1, 1, 1, 1),
      state: floats([1, 1, 2], 5, 6),
      sr: { type: 'int64', shape: [], data: BigInt64Array.of(16_000n) },
    });
    expect(Array.from(answer['level']?.data as Float32Array)).toEqual([6, 7]);
  });

  it('names the inputs that a request lacks', async () => {
    const sound = await load(soundModel(), { tensors: { sr: { value: 16_000 } } });
    await expect(sound.inferTensors({ input: floats([1, 4], 1, 1, 1, 1) })).rejects.toMatchObject({
      code: 'model.input-invalid',
      message: 'the request lacks "state" of the model\'s inputs',
    });
  });

  it.each([
    ['an input that the model does not have', { rate: { value: 1 } }, 'the model does not have an input "rate"'],
    [
      'a shape that does not fit',
      { state: { shape: [2, 1, 2] } },
      'takes [1, ?, 2], but tensors in model.json says [2, 1, 2]',
    ],
    [
      'an output that the model does not have',
      { state: { shape: [1, 1, 2], from: 'hn' } },
      'from in model.json is "hn"',
    ],
    ['a state without a shape', { state: { from: 'stateN' } }, 'give "shape" for it'],
    ['a value of another type', { sr: { value: 1.5 } }, "does not fit the input's type, int64"],
    ['too few elements', { state: { shape: [1, 1, 2], value: [1] } }, 'has 1 elements, and [1, 1, 2] needs 2'],
  ])('is refused with %s in model.json', async (_what, tensors, words) => {
    await expect(load(soundModel(), { tensors })).rejects.toMatchObject({
      code: 'model.interface-mismatch',
      message: expect.stringContaining(words) as string,
    });
  });

  it('takes and gives 64-bit integers, half precision, booleans, bytes and strings', async () => {
    const types = ['int64', 'float16', 'string', 'bool', 'uint8'] as const;
    const echo = await load(echoModel(types));
    expect(await echo.warmUp()).toBe(true);
    const data = {
      int64: BigInt64Array.of(-(2n ** 62n), 7n),
      float16: Uint16Array.of(0x3c00, 0xc000),
      string: packStrings(['grün 🌿', '']),
      bool: Uint8Array.of(1, 0),
      uint8: Uint8Array.of(255, 0),
    };
    const feeds = Object.fromEntries(types.map((type) => [`${type}_in`, { type, shape: [2], data: data[type] }]));
    const outputs = await echo.inferTensors(feeds);
    for (const type of types) expect(outputs[`${type}_out`], type).toEqual({ type, shape: [2], data: data[type] });
    expect(unpackStrings(outputs['string_out']?.data as Uint8Array, 2)).toEqual(['grün 🌿', '']);
  });

  it('is refused with the reason if it gives sequences', async () => {
    await expect(load(sequenceModel())).rejects.toMatchObject({
      code: 'model.interface-mismatch',
      message: expect.stringContaining(
        'output "parts" of the model is a sequence, a map or an optional value',
      ) as string,
    });
  });
});

describe('a model that takes an image and something else', () => {
  it('gets the rest from model.json', async () => {
    const image = { name: 'images', shape: [1, 3, 8, 8] };
    const rows = [{ name: 'rows', shape: [1, 1, 6], values: [0, 0, 8, 8, 0.9, 0] }];
    const two = constantModel(image, rows, [{ name: 'size', type: 'int64', shape: [1, 2] }]);
    const detector = await load(two, {
      task: 'object-detection',
      input: { name: 'images', width: 8, height: 8 },
      tensors: { size: { value: [8, 8] } },
      output: { decoder: 'ssd', columns: 'box-score-class', coordinates: 'pixels' },
    });
    const { predictions } = await detector.infer(await plain(RED, 8, 8).png().toBuffer());
    expect(predictions).toMatchObject([{ classId: 0, box: [0, 0, 1, 1] }]);
  });
});
