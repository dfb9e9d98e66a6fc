import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#packages/foundation';
import { BLUE, GREEN, RED, npy, pattern, plain } from '../../testing/vision/images.ts';
import { modelFolder } from '../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../testing/vision/model-folder.ts';
import { bmp, tiff } from '../../testing/vision/rasters.ts';
import { buildOnnx, constantModel, meanColorModel } from '../../testing/vision/onnx-builder.ts';
import type { LoadOptions, LoadedModel } from './loaded-model.ts';

let folder: ModelFolder | undefined;
const models: LoadedModel[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(models.splice(0).map((model) => model.close()));
  await folder?.remove();
  folder = undefined;
});

async function load(
  changes: object = {},
  files: Record<string, Uint8Array | string> = {},
  options: Partial<LoadOptions> = {},
  labels?: string[],
): Promise<LoadedModel> {
  await folder?.remove();
  folder = await modelFolder(changes, files, labels);
  const model = await folder.load(options);
  models.push(model);
  return model;
}

const red = () => plain(RED).png().toBuffer();

describe('a loaded model', () => {
  it('answers with predictions, the size of the image and where the time went', async () => {
    const model = await load();
    const clock = vi.spyOn(systemClock, 'monotonic');
    for (const at of [0, 1, 3, 100, 104, 112]) clock.mockReturnValueOnce(at);
    const answer = await model.infer(await plain(GREEN, 40, 30).jpeg({ quality: 100 }).toBuffer(), 'image/jpeg');
    expect(answer.image).toEqual({ width: 40, height: 30 });
    expect(answer.predictions[0]).toMatchObject({ classId: 1, label: 'green' });
    // Other work may come between preparing and running; it is in no part, and not in the total.
    expect(answer.timings).toEqual({ decodeMs: 1, preprocessMs: 2, runMs: 4, postprocessMs: 8, totalMs: 15 });
    expect(answer.outputs).toBeUndefined();
  });

  it('has the scores of all classes beside the best, if it is a classifier', async () => {
    const model = await load({ output: { decoder: 'classification', output: 'probs', topK: 1 } });
    const { predictions, classScores } = await model.infer(await plain(GREEN).png().toBuffer());
    expect(predictions).toHaveLength(1);
    expect(classScores).toHaveLength(3);
    expect(classScores?.[1]).toBe(predictions[0]?.score);
  });

  it('tells what it takes and gives, free sides as -1', async () => {
    const model = await load();
    expect(model.inputs).toEqual([{ name: 'image', type: 'float32', shape: [1, 3, 8, 8] }]);
    expect(model.outputs).toEqual([{ name: 'probs', type: 'float32', shape: [1, 3] }]);
    const free = buildOnnx({
      inputs: [{ name: 'image', shape: ['batch', 3, 'h', 'w'] }],
      outputs: [{ name: 'probs', shape: ['batch', 3] }],
      nodes: [
        { op: 'GlobalAveragePool', inputs: ['image'], outputs: ['mean'] },
        { op: 'Flatten', inputs: ['mean'], outputs: ['probs'], attributes: { axis: 1 } },
      ],
    });
    const other = await load({}, { 'model.onnx': free });
    expect(other.inputs[0]?.shape).toEqual([-1, 3, -1, -1]);
    expect((await other.infer(await red())).predictions[0]?.label).toBe('red');
  });

  it('answers requests that come at once one after the other, each rightly', async () => {
    const model = await load();
    const images = await Promise.all([RED, GREEN, BLUE, RED, BLUE].map((color) => plain(color).png().toBuffer()));
    const answers = await Promise.all(images.map((image) => model.infer(image)));
    expect(answers.map(({ predictions }) => predictions[0]?.label)).toEqual(['red', 'green', 'blue', 'red', 'blue']);
  });

  it('goes on after an image that it cannot read', async () => {
    const model = await load();
    const wrong = [new Uint8Array(0), Buffer.from('text'), (await pattern(99, 99).jpeg().toBuffer()).subarray(0, 900)];
    for (const image of wrong)
      await expect(model.infer(image)).rejects.toMatchObject({ code: expect.stringMatching(/^image\./) as unknown });
    expect((await model.infer(await red())).predictions[0]?.label).toBe('red');
  });

  it('prepares images to the size that their shape gives, for a model that takes any', async () => {
    const steps = [
      { step: 'resize', width: 64, height: 64, mode: 'contain' },
      { step: 'pad', multiple: 32 },
      { step: 'normalize', std: 255 },
    ];
    const shape = ['n', 3, 'h', 'w'];
    const echo = buildOnnx({
      inputs: [{ name: 'image', shape }],
      outputs: [{ name: 'same', shape }],
      nodes: [{ op: 'Relu', inputs: ['image'], outputs: ['same'] }],
    });
    const tensors = { task: 'tensor', output: { decoder: 'tensor' }, input: { steps } };
    const model = await load(tensors, { 'model.onnx': echo });
    expect(await model.warmUp()).toBe(true);
    for (const [width, height, expected] of [
      [100, 50, [1, 3, 32, 64]],
      [50, 100, [1, 3, 64, 32]],
      [100, 50, [1, 3, 32, 64]],
      [70, 70, [1, 3, 64, 64]],
    ] as const) {
      const { outputs } = await model.infer(await plain(GREEN, width, height).png().toBuffer());
      expect(outputs?.['same']?.shape).toEqual(expected);
      expect((outputs?.['same']?.data as Float32Array).reduce((most, one) => Math.max(most, one), 0)).toBe(1);
    }
  });

  it("leads boxes in pixels of such a model's input back to the image", async () => {
    const steps = [
      { step: 'resize', width: 64, height: 64, mode: 'contain' },
      { step: 'pad', multiple: 32, align: 'top-left' },
    ];
    const box = constantModel({ name: 'image', shape: ['n', 3, 'h', 'w'] }, [
      { name: 'output', shape: [1, 5, 1], values: [16, 8, 32, 16, 0.9] },
    ]);
    const input = { name: 'image', steps };
    const detector = { task: 'object-detection', output: { decoder: 'yolov8' }, input };
    const model = await load(detector, { 'model.onnx': box }, {}, ['thing']);
    const wide = (await model.infer(await plain(RED, 128, 64).png().toBuffer())).predictions;
    expect(wide[0]?.box?.map((side) => side.toFixed(3))).toEqual(['0.000', '0.000', '0.500', '0.500']);
    const tall = (await model.infer(await plain(RED, 64, 128).png().toBuffer())).predictions;
    expect(tall[0]?.box?.map((side) => side.toFixed(3))).toEqual(['0.000', '0.000', '1.000', '0.250']);
  });

  it.each(['NCHW', 'NHWC'])('takes images of five channels and 16 bits, laid out as %s', async (layout) => {
    const shape = layout === 'NCHW' ? [1, 5, 2, 2] : [1, 2, 2, 5];
    const echo = buildOnnx({
      inputs: [{ name: 'image', shape }],
      outputs: [{ name: 'same', shape }],
      nodes: [{ op: 'Relu', inputs: ['image'], outputs: ['same'] }],
    });
    const input = { width: 2, height: 2, layout, channels: 5, bits: 16, mean: 0, std: [1, 2, 4, 8, 16] };
    const model = await load({ task: 'tensor', output: { decoder: 'tensor' }, input }, { 'model.onnx': echo });
    const image = tiff({
      bits: 16,
      samples: 5,
      width: 2,
      height: 2,
      sample: (x, y, sample) => (x + 2 * y + 1) * 400 * 2 ** sample,
    });
    const { data } = (await model.infer(image)).outputs!['same']!;
    const [step, plane] = layout === 'NCHW' ? [1, 4] : [5, 1];
    for (let pixel = 0; pixel < 4; pixel++) {
      for (let channel = 0; channel < 5; channel++) {
        expect((data as Float32Array)[pixel * step + channel * plane]).toBe((pixel + 1) * 400);
      }
    }
    await expect(model.infer(await red())).rejects.toMatchObject({
      code: 'image.unsupported',
      message: 'the image has 3 channel(s), and the model takes 5',
    });
  });

  it.each([
    ['BMP', bmp({ bits: 24, width: 8, height: 8, pixel: () => 0x00ff00 })],
    ['TIFF', tiff({ bits: 8, samples: 3, width: 8, height: 8, sample: (_x, _y, sample) => (sample === 1 ? 255 : 0) })],
  ])('takes %s without compression', async (_, image) => {
    expect((await (await load()).infer(image)).predictions[0]?.label).toBe('green');
  });

  it('refuses images with more pixels than allowed', async () => {
    const model = await load({}, {}, { maxPixels: 100 });
    await expect(model.infer(await red())).rejects.toMatchObject({
      code: 'image.too-large',
      facts: { maxPixels: 100 },
    });
  });

  it('stops between steps when the signal says so', async () => {
    const model = await load();
    const reason = new Error('too late');
    await expect(model.infer(await red(), undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect((await model.infer(await red())).predictions[0]?.label).toBe('red');
  });

  it('takes arrays as cv2.imread gives them', async () => {
    const model = await load();
    const blueFirst = npy(
      '|u1',
      [4, 4, 3],
      new Uint8Array(48).map((_, index) => (index % 3 === 0 ? 255 : 0)),
    );
    expect((await model.infer(blueFirst)).predictions[0]?.label).toBe('blue');
  });

  it('refuses everything once it is closed, and closes twice without harm', async () => {
    const model = await load();
    const running = model.infer(await red());
    await model.close();
    expect((await running).predictions[0]?.label).toBe('red');
    await model.close();
    await expect(model.infer(await red())).rejects.toMatchObject({ code: 'model.closed' });
  });
});

describe('other inputs and outputs', () => {
  it('half precision', async () => {
    const model = await load(
      { input: { width: 8, height: 8, std: 255, dtype: 'float16' } },
      { 'model.onnx': meanColorModel(8, { type: 'float16' }) },
    );
    expect((await model.infer(await red())).predictions[0]).toEqual({ classId: 0, label: 'red', score: 1 });
  });

  it('bytes in NHWC', async () => {
    const bytes = buildOnnx({
      inputs: [{ name: 'image', type: 'uint8', shape: [1, 8, 8, 3] }],
      outputs: [{ name: 'probs', shape: [1, 3] }],
      nodes: [
        { op: 'Cast', inputs: ['image'], outputs: ['float'], attributes: { to: 1 } },
        { op: 'ReduceMean', inputs: ['float'], outputs: ['probs'], attributes: { axes: [1, 2], keepdims: 0 } },
      ],
    });
    const model = await load(
      { input: { width: 8, height: 8, dtype: 'uint8', layout: 'NHWC' } },
      { 'model.onnx': bytes },
    );
    expect(
      (await model.infer(await plain([200, 100, 50]).png().toBuffer())).predictions.map(({ label, score }) => [
        label,
        score,
      ]),
    ).toEqual([
      ['red', 200],
      ['green', 100],
      ['blue', 50],
    ]);
  });

  it('gray', async () => {
    const gray = buildOnnx({
      inputs: [{ name: 'image', shape: [1, 1, 8, 8] }],
      outputs: [{ name: 'probs', shape: [1, 1] }],
      nodes: [
        { op: 'GlobalAveragePool', inputs: ['image'], outputs: ['mean'] },
        { op: 'Flatten', inputs: ['mean'], outputs: ['probs'], attributes: { axis: 1 } },
      ],
    });
    const model = await load({ input: { width: 8, height: 8, color: 'GRAY' } }, { 'model.onnx': gray }, {}, [
      'brightness',
    ]);
    expect((await model.infer(await red())).predictions[0]?.score).toBe(76);
  });

  it('the tensors of a model without predictions', async () => {
    const model = await load({ task: 'tensor', output: { decoder: 'tensor' } });
    const { predictions, outputs } = await model.infer(await red());
    expect(predictions).toEqual([]);
    expect(outputs).toEqual({ probs: { type: 'float32', shape: [1, 3], data: Float32Array.of(1, 0, 0) } });
  });

  it('boxes that come out where they are in the image, whatever the letterbox', async () => {
    const detector = constantModel({ name: 'image', shape: [1, 3, 8, 8] }, [
      { name: 'boxes', shape: [1, 1, 4], values: [0.5, 0.25, 1, 0.5] },
      { name: 'scores', shape: [1, 1, 1], values: [0.9] },
    ]);
    const model = await load(
      {
        task: 'object-detection',
        input: { width: 8, height: 8, resize: 'letterbox' },
        output: { decoder: 'ssd', boxes: 'boxes', boxFormat: 'xyxy', scores: 'scores' },
      },
      { 'model.onnx': detector },
      {},
      ['part'],
    );
    // 16×8 becomes 8×4 in rows 2 to 5: the box covers the upper right quarter.
    const { predictions } = await model.infer(await plain(RED, 16, 8).png().toBuffer());
    expect(predictions).toEqual([
      { classId: 0, label: 'part', score: expect.closeTo(0.9, 6) as number, box: [0.5, 0, 1, 0.5] },
    ]);
  });
});

describe('tensors from the caller', () => {
  const image = { type: 'float32', shape: [1, 3, 8, 8], data: new Float32Array(192).fill(0.5) } as const;

  it('are run as they are', async () => {
    const model = await load();
    const { probs } = await model.inferTensors({ image });
    expect(probs).toMatchObject({ type: 'float32', shape: [1, 3], data: Float32Array.of(0.5, 0.5, 0.5) });
  });

  it.each([
    ['a missing tensor', {}],
    ['another shape', { image: { ...image, shape: [1, 3, 4, 16] } }],
    ['another type', { image: { type: 'int32', shape: [1, 3, 8, 8], data: new Int32Array(192) } as const }],
  ])('are refused with the reason: %s', async (_what, feeds) => {
    const model = await load();
    await expect(model.inferTensors(feeds as never)).rejects.toMatchObject({
      code: 'model.input-invalid',
      status: 400,
    });
  });
});

describe('models that cannot be loaded', () => {
  it('a file that is not there', async () => {
    const { dir, load: again } = (folder = await modelFolder());
    await rm(path.join(dir, 'model.onnx'));
    await expect(again()).rejects.toMatchObject({
      code: 'model.file-missing',
      message: expect.stringContaining('model.onnx') as unknown,
    });
  });

  it.each([
    ['text', 'this is not a model'],
    ['nothing', ''],
    ['half a model', meanColorModel(8).subarray(0, 120)],
  ])('a file with %s', async (_what, content) => {
    await expect(load({}, { 'model.onnx': content })).rejects.toMatchObject({
      code: 'model.unreadable',
      message: expect.stringContaining('model.onnx') as unknown,
    });
  });

  it('an operator that ONNX Runtime does not know', async () => {
    const strange = buildOnnx({
      inputs: [{ name: 'image', shape: [1, 3, 8, 8] }],
      outputs: [{ name: 'probs', shape: [1, 3] }],
      nodes: [{ op: 'Telepathy', inputs: ['image'], outputs: ['probs'] }],
    });
    await expect(load({}, { 'model.onnx': strange })).rejects.toMatchObject({
      code: 'model.unreadable',
      message: expect.stringContaining('Telepathy') as unknown,
    });
  });

  it.each([
    [
      'another size',
      { width: 16, height: 8 },
      'input "image" takes [1, 3, 8, 8], but model.json describes [1, 3, 8, 16]',
    ],
    ['another layout', { layout: 'NHWC' }, 'layout NHWC'],
    ['another type', { dtype: 'uint8' }, 'input "image" takes float32, but input.dtype in model.json is uint8'],
    [
      'another name',
      { name: 'pixels' },
      'the model does not have an input "pixels" (input.name in model.json); it has "image"',
    ],
    ['another number of channels', { color: 'GRAY' }, 'color GRAY'],
  ])('model.json with %s', async (_what, input, message) => {
    await expect(load({ input: { name: 'image', width: 8, height: 8, ...input } })).rejects.toMatchObject({
      code: 'model.interface-mismatch',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('labels that do not fit the classes, before the first image', async () => {
    await expect(load({}, {}, {}, ['red', 'green'])).rejects.toMatchObject({
      message: 'output "probs" has 3 classes, but there are 2 labels',
    });
  });

  it('an output that is not there', async () => {
    await expect(load({ output: { decoder: 'classification', output: 'scores' } })).rejects.toMatchObject({
      code: 'model.interface-mismatch',
      message: 'the model does not have an output "scores" (output.output); its outputs are "probs"',
    });
  });

  it('a model of two images', async () => {
    const two = buildOnnx({
      inputs: [
        { name: 'left', shape: [1, 3, 8, 8] },
        { name: 'right', shape: [1, 3, 8, 8] },
      ],
      outputs: [{ name: 'probs', shape: [1, 3, 8, 8] }],
      nodes: [{ op: 'Add', inputs: ['left', 'right'], outputs: ['probs'] }],
    });
    await expect(load({ input: { width: 8, height: 8, name: 'left' } }, { 'model.onnx': two })).rejects.toMatchObject({
      code: 'model.interface-mismatch',
      message: expect.stringContaining('"right"') as unknown,
    });
    // Without predictions the caller may feed both.
    const model = await load(
      { task: 'tensor', input: { width: 8, height: 8, name: 'left' }, output: { decoder: 'tensor' } },
      { 'model.onnx': two },
    );
    const tensor = { type: 'float32', shape: [1, 3, 8, 8], data: new Float32Array(192).fill(1) } as const;
    expect((await model.inferTensors({ left: tensor, right: tensor }))['probs']?.data[0]).toBe(2);
    await expect(model.infer(await red())).rejects.toMatchObject({ code: 'tensor.file-invalid' });
  });

  it('a model of four images at once', async () => {
    const four = buildOnnx({
      inputs: [{ name: 'image', shape: [4, 3, 8, 8] }],
      outputs: [{ name: 'probs', shape: [4, 3, 8, 8] }],
      nodes: [{ op: 'Identity', inputs: ['image'], outputs: ['probs'] }],
    });
    await expect(load({ input: { width: 8, height: 8 } }, { 'model.onnx': four })).rejects.toMatchObject({
      code: 'model.interface-mismatch',
      message: expect.stringContaining('4 images at once') as unknown,
    });
  });

  it('is not changed by what else lies in the folder', async () => {
    const { dir, load: again } = (folder = await modelFolder());
    await writeFile(path.join(dir, 'notes.txt'), 'x');
    models.push(await again());
  });
});
