import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npyOfTensor } from '#packages/vision';
import { errorOf, runHere } from '../../testing/package/in-process.ts';
import { trainingOutput, zipOf } from '../../testing/package/training-output.ts';
import type { TrainingOutput } from '../../testing/package/training-output.ts';
import { buildOnnx, constantModel } from '../../testing/vision/onnx-builder.ts';
import { SOUND_TENSORS, soundModel } from '../../testing/vision/tensor-models.ts';

let training: TrainingOutput;
let red: string;
let green: string;
beforeAll(async () => {
  training = await trainingOutput();
  [red, green] = [await training.image('red'), await training.image('green')];
});
afterAll(() => training.remove());

const at = (...parts: readonly string[]): string => path.join(training.dir, ...parts);
const run = (source: string, name: string, ...words: readonly string[]) =>
  runHere([
    'package',
    '--source',
    source,
    '--output',
    at(name),
    '--name',
    name,
    '--version',
    '1.0.0',
    '--json',
    ...words,
  ]);
const packaged = async (name: string, file: string): Promise<string> =>
  readFile(at(name, 'packages', `${name}-1.0.0`, file), 'utf8');
const notesOf = ({ json }: Awaited<ReturnType<typeof run>>): string => (json[0]?.['notes'] as string[]).join('\n');

/** Means of the channels, in a file that says what Ultralytics writes of a classifier. */
function writtenClassifier(names: string): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'images', shape: ['batch', 3, 'height', 'width'] }],
    outputs: [{ name: 'output0', shape: ['batch', 3] }],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['images'], outputs: ['pooled'] },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['flat'], attributes: { axis: 1 } },
      { op: 'Sigmoid', inputs: ['flat'], outputs: ['output0'] },
    ],
    metadata: { author: 'Ultralytics', task: 'classify', imgsz: '[8, 8]', names },
  });
}

describe('what the exporter wrote', () => {
  it('is packaged without a question, and labels.txt is written of its names', async () => {
    const file = await training.write({ 'best.onnx': writtenClassifier("{0: 'red', 1: 'green', 2: 'blue'}") });
    const result = await run(file, 'Best', '--golden', red);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(await packaged('Best', 'labels.txt')).toBe('red\ngreen\nblue\n');
    expect(JSON.parse(await packaged('Best', 'model.json'))).toMatchObject({
      task: 'image-classification',
      input: { width: 8, height: 8, resize: 'center-crop', mean: 0, std: 255 },
      labels: 'labels.txt',
    });
    expect(JSON.parse(await packaged('Best', 'golden/red.json'))).toMatchObject([{ label: 'red' }, {}, {}]);
  });

  it('gives way to the labels that the user has', async () => {
    const file = await training.write({ 'best.onnx': writtenClassifier("{0: 'a', 1: 'b', 2: 'c'}") });
    const labels = await training.write({ 'mine.txt': 'rot\ngrün\nblau\n' });
    expect(await run(file, 'Mine', '--labels', labels)).toMatchObject({ code: 0 });
    expect(await packaged('Mine', 'labels.txt')).toBe('rot\ngrün\nblau\n');
  });
});

describe('what nobody can know', () => {
  it('is refused with the keys to give, until a manifest has them or --assume takes what is usual', async () => {
    const classifier = buildOnnx({
      inputs: [{ name: 'x', shape: [1, 3, 8, 8] }],
      outputs: [{ name: 'y', shape: [1, 3] }],
      nodes: [
        { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['p'] },
        { op: 'Flatten', inputs: ['p'], outputs: ['y'], attributes: { axis: 1 } },
      ],
    });
    const file = await training.write({ 'plain.onnx': classifier });
    const refused = errorOf(await run(file, 'Plain'));
    expect(refused).toMatchObject({
      code: 'packaging.undecided',
      facts: { keys: ['output.activation', 'input.mean', 'input.std'] },
    });
    const half = await training.write({ 'half.json': JSON.stringify({ input: { mean: 0, std: 255 } }) });
    expect(errorOf(await run(file, 'Plain', '--manifest', half))).toMatchObject({
      facts: { keys: ['output.activation'] },
    });
    const assumed = await run(file, 'Plain', '--assume');
    expect(assumed).toMatchObject({ code: 0 });
    expect(notesOf(assumed)).toContain('input.mean, input.std: assumed; the file does not say what pixels become');
  });
});

describe('doubts', () => {
  const detector = (...rows: readonly (readonly number[])[]): Uint8Array =>
    constantModel({ name: 'images', shape: [1, 3, 8, 8] }, [
      { name: 'rows', shape: [1, rows.length, 6], values: rows.flat() },
    ]);
  const describeAs = (output: object, input: object = { mean: 0, std: 255 }): Promise<string> =>
    training.write({
      'doubts.json': JSON.stringify({ input, output: { decoder: 'ssd', columns: 'box-score-class', ...output } }),
    });
  const labels = (...lines: readonly string[]): Promise<string> => training.write({ 'doubts.txt': lines.join('\n') });

  it.each([
    ['scores over 1', [0, 0, 8, 8, 77, 0], { coordinates: 'pixels' }, undefined, 'scores go up to 77.00'],
    [
      'fewer labels than classes',
      [0, 0, 8, 8, 0.9, 2],
      { coordinates: 'pixels' },
      undefined,
      'class 2 was found, and labels.txt has 2 lines',
    ],
    [
      'a background row',
      [0, 0, 8, 8, 0.9, 0],
      { coordinates: 'pixels' },
      undefined,
      '"background" was found as if it were an object',
    ],
    [
      'means for 0..1',
      [0, 0, 8, 8, 0.9, 1],
      { coordinates: 'pixels' },
      { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      'multiply both by 255',
    ],
    [
      'equal answers',
      [0, 0, 8, 8, 0.9, 1],
      { coordinates: 'pixels' },
      undefined,
      '2 different images get the same answer',
    ],
  ])('are said about %s', async (_what, row, output, input, words) => {
    const file = await training.write({ 'doubtful.onnx': detector(row) });
    const manifest = await describeAs(output, input);
    const given = [
      '--golden-seen',
      '--manifest',
      manifest,
      '--labels',
      await labels('background', 'nut'),
      '--golden',
      red,
      green,
    ];
    const result = await run(file, 'Doubtful', '--replace', ...given);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(notesOf(result)).toContain(words);
  });

  it('say why nothing was found if all boxes have no area', async () => {
    const file = await training.write({ 'flat.onnx': detector([0.5, 0.5, 0.2, 0.2, 0.9, 1]) });
    const manifest = await describeAs({ coordinates: 'normalized', boxFormat: 'xyxy' });
    const error = errorOf(await run(file, 'Flat', '--manifest', manifest, '--golden', red));
    expect(error).toMatchObject({ code: 'packaging.nothing-found' });
    expect(error.message).toContain('all 1 boxes that score high enough have no area inside the image');
  });

  it('are said by predict too, behind the answers', async () => {
    const file = await training.write({ 'doubtful.onnx': detector([0, 0, 8, 8, 77, 1]) });
    const manifest = await describeAs({ coordinates: 'pixels' });
    expect(await run(file, 'Said', '--manifest', manifest)).toMatchObject({ code: 0 });
    const said = await runHere(['predict', '--package', at('Said/packages/Said-1.0.0'), '--image', red, green]);
    expect(said.stderr).toContain('doubt scores go up to 77.00: they are not probabilities');
  });

  it('are said about NaN, and about heads with more classes than labels', async () => {
    const head = {
      name: 'head',
      shape: [1, 21, 1, 1],
      values: Array.from({ length: 21 }, (_, index) => (index === 20 ? NaN : 5)),
    };
    const file = await training.write({ 'heads.onnx': constantModel({ name: 'images', shape: [1, 3, 8, 8] }, [head]) });
    const heads = [
      {
        output: 'head',
        stride: 8,
        anchors: [
          [8, 8],
          [4, 4],
          [2, 2],
        ],
      },
    ];
    const manifest = await training.write({
      'heads.json': JSON.stringify({
        task: 'object-detection',
        input: { mean: 0, std: 255 },
        output: { decoder: 'yolov3', heads },
      }),
    });
    const result = await run(
      file,
      'Heads',
      '--manifest',
      manifest,
      '--labels',
      await labels('only one'),
      '--golden',
      red,
    );
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(notesOf(result)).toContain('output "head" holds NaN');
    expect(notesOf(result)).toContain('the model has 2 classes, and labels.txt has 1 lines');
  });
});

describe('a model of tensors', () => {
  it('is packaged with a golden test of arrays, and passes it', async () => {
    const file = await training.write({ 'sound.onnx': soundModel() });
    const manifest = await training.write({ 'sound.json': JSON.stringify({ tensors: SOUND_TENSORS }) });
    const samples = npyOfTensor({ type: 'float32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 6) });
    const speech = await training.write({ 'speech.npz': await zipOf({ 'input.npy': samples }) });
    const result = await run(file, 'Sound', '--manifest', manifest, '--golden', speech);
    expect(result, result.stderr).toMatchObject({
      code: 0,
      json: [{ checks: [{ state: 'passed', summary: '1 golden cases passed' }] }],
    });
    expect(JSON.parse(await packaged('Sound', 'model.json'))).toMatchObject({
      task: 'tensor',
      tensors: SOUND_TENSORS,
      golden: [{ input: 'golden/speech.npz', expect: 'golden/speech.expected.npz' }],
    });
  });

  it('is packaged without a run if nobody says its sizes, and that is said', async () => {
    const file = await training.write({ 'sound.onnx': soundModel() });
    const result = await run(file, 'Silent');
    expect(result.json[0]).toMatchObject({
      checks: [{ summary: expect.stringContaining('loads; not run') as string }],
    });
    expect(notesOf(result)).toContain('tensors.input.shape: the model leaves sizes free');
  });
});
