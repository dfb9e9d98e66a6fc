import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { zipOf } from '../../../testing/package/training-output.ts';
import { modelFolder } from '../../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../../testing/vision/model-folder.ts';
import { SOUND_TENSORS, TENSOR_MODEL, echoModel, soundModel } from '../../../testing/vision/tensor-models.ts';
import type { Tensor } from '../loaded-model.ts';
import { npyOfTensor, tensorOfNpy } from '../tensor/npy-tensor.ts';
import { packStrings } from '../tensor/string-elements.ts';
import { readTensorFile } from '../tensor/tensor-file.ts';
import { checkGolden } from './check-golden.ts';

let folder: ModelFolder | undefined;
afterEach(async () => {
  await folder?.remove();
  folder = undefined;
});

const floats = (shape: readonly number[], ...values: number[]): Tensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});
const npz = async (tensors: Readonly<Record<string, Tensor>>): Promise<Uint8Array> =>
  zipOf(Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${name}.npy`, npyOfTensor(tensor)])));

async function check(
  onnx: Uint8Array,
  input: Uint8Array,
  expected: Uint8Array,
  manifest: object = {},
  golden: object = {},
) {
  folder = await modelFolder(
    { ...TENSOR_MODEL, golden: [{ input: 'golden/in.npz', expect: 'golden/out.npz', ...golden }], ...manifest },
    { 'model.onnx': onnx, 'golden/in.npz': input, 'golden/out.npz': expected, 'golden/in.json': '[]' },
    [],
  );
  const model = await folder.load();
  try {
    return await checkGolden(model, folder.manifest, folder.files);
  } finally {
    await model.close();
  }
}
const sound = async (expected: Readonly<Record<string, Tensor>>, golden: object = {}) =>
  check(
    soundModel(),
    await npz({ input: floats([1, 4], 1, 2, 3, 6) }),
    await npz(expected),
    { tensors: SOUND_TENSORS },
    golden,
  );

describe('a golden test of tensors', () => {
  it('passes within its tolerance, and looks at the outputs that are expected', async () => {
    expect(await sound({ level: floats([1, 2], 3.0005, 3) })).toMatchObject({ passed: true });
    expect(await sound({ level: floats([1, 2], 3.2, 3) }, { tolerance: 0.25 })).toMatchObject({ passed: true });
  });

  it('says which element differs most, and by what', async () => {
    const report = await sound({ level: floats([1, 2], 3.1, 4) });
    expect(report).toMatchObject({ passed: false });
    expect(report.summary).toBe(
      'golden/in.npz: "level" differs in 2 of 2 elements, most at [0, 1]: 3 instead of 4 (allowed: 0.001 + 0.001 · |expected|)',
    );
  });

  it.each([
    ['another shape', { level: floats([2], 3, 3) }, 'has the shape [1, 2] instead of [2]'],
    ['an output that is not there', { loudness: floats([1], 3) }, 'there is no output "loudness"'],
    [
      'another type',
      { level: { type: 'int32', shape: [1, 2], data: Int32Array.of(3, 3) } as const },
      'is float32 instead of int32',
    ],
    ['NaN', { level: floats([1, 2], NaN, 3) }, '3 instead of NaN'],
    ['infinity', { level: floats([1, 2], -Infinity, 3) }, '3 instead of -Infinity'],
  ])('fails on %s', async (_what, expected, words) => {
    expect((await sound(expected)).summary).toContain(words);
  });

  it('compares whole numbers and strings exactly', async () => {
    const ids = (...values: bigint[]): Tensor => ({
      type: 'int64',
      shape: [values.length],
      data: BigInt64Array.from(values),
    });
    const words = (...texts: string[]): Tensor => ({ type: 'string', shape: [texts.length], data: packStrings(texts) });
    const echo = async (expected: Readonly<Record<string, Tensor>>) =>
      check(
        echoModel(['int64', 'string']),
        await npz({ int64_in: ids(50_000n), string_in: words('a') }),
        await npz(expected),
      );
    expect(await echo({ int64_out: ids(50_000n), string_out: words('a') })).toMatchObject({ passed: true });
    expect((await echo({ int64_out: ids(50_001n) })).summary).toContain('50000 instead of 50001');
    expect((await echo({ string_out: words('b') })).summary).toContain('a instead of b');
  });

  it.each([
    ['no archive', Buffer.from('PK nonsense'), 'it is neither .npy nor .npz'],
    ['cut short', undefined, 'it is neither .npy nor .npz'],
  ])('refuses a file that is %s', async (_what, bytes, words) => {
    const whole = await npz({ level: floats([1, 2], 3, 3) });
    const expected = bytes ? new Uint8Array(bytes) : whole.subarray(0, whole.length - 40);
    await expect(
      check(soundModel(), await npz({ input: floats([1, 4], 1, 2, 3, 6) }), expected, { tensors: SOUND_TENSORS }),
    ).rejects.toMatchObject({
      code: 'model.golden-unusable',
      message: expect.stringContaining(words) as string,
    });
  });

  it('refuses a list of predictions, which would fit any tensors', async () => {
    const made = check(
      soundModel(),
      await npz({ input: floats([1, 4], 1, 2, 3, 6) }),
      Buffer.from('[]'),
      { tensors: SOUND_TENSORS },
      { expect: 'golden/in.json' },
    );
    await expect(made).rejects.toMatchObject({ code: 'model.golden-unusable' });
  });
});

describe('NumPy files', () => {
  it('keep what is written into them', async () => {
    const tensors: readonly Tensor[] = [
      floats([2, 1], 1.5, -2),
      { type: 'int64', shape: [], data: BigInt64Array.of(-5n) },
      { type: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
      { type: 'string', shape: [2], data: packStrings(['ß', 'long 🌿']) },
      { type: 'float16', shape: [1], data: Uint16Array.of(0x3c00) },
    ];
    for (const tensor of tensors) expect(tensorOfNpy(npyOfTensor(tensor), 'a.npy')).toEqual(tensor);
    const long: Tensor = { type: 'string', shape: [1], data: packStrings(['x'.repeat(300_000)]) };
    expect(tensorOfNpy(npyOfTensor(long), 'a.npy')).toEqual(long);
  });

  it('end in an error of their own, whatever is in them', async () => {
    const good = npyOfTensor(floats([2, 2], 1, 2, 3, 4));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), async (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        await readTensorFile(bytes, 'x.npy', [{ name: 'x', type: 'float32', shape: [2, 2] }]).catch((error: unknown) =>
          expect(error).toMatchObject({ code: 'tensor.file-invalid' }),
        );
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('are read from a file that NumPy would have written for several arrays', async () => {
    const bytes = await npz({ a: floats([1], 1), b: floats([2], 2, 3) });
    folder = await modelFolder();
    await writeFile(path.join(folder.dir, 'x.npz'), bytes);
    expect(Object.keys(await readTensorFile(bytes, 'x.npz', []))).toEqual(['a', 'b']);
  });
});
