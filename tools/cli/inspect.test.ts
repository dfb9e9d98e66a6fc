import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseManifest } from '#packages/model-package';
import { buildOnnx, meanColorModel } from '../../testing/vision/onnx-builder.ts';
import type { NodeSpec, ValueSpec, WeightSpec } from '../../testing/vision/onnx-builder.ts';
import { MemoryIo } from './frame/io.ts';
import { runProgram } from './program.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'edgeml-inspect-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function inspect(bytes: Uint8Array | string, ...args: string[]) {
  const onnx = path.join(dir, 'My model.onnx');
  await writeFile(onnx, bytes);
  const io = new MemoryIo();
  const code = await runProgram(['inspect', '--onnx', onnx, ...args], io, new AbortController().signal);
  return { code, io };
}

interface Proposed {
  readonly proposed: {
    readonly task: string;
    readonly input: Record<string, unknown>;
    readonly output: Record<string, unknown>;
  };
  readonly notes: readonly string[];
  readonly questions: readonly { readonly keys: readonly string[]; readonly text: string }[];
}

async function propose(
  input: ValueSpec,
  outputs: readonly ValueSpec[],
  nodes: readonly NodeSpec[] = [],
  weights: readonly WeightSpec[] = [],
): Promise<Proposed> {
  const { io } = await inspect(buildOnnx({ inputs: [input], outputs, nodes, weights }), '--json');
  const answer = JSON.parse(io.out) as Proposed;
  // Every proposal has the form of model.json.
  expect(() => parseManifest(answer.proposed)).not.toThrow();
  return answer;
}

const image = (side: number, type: ValueSpec['type'] = 'float32'): ValueSpec => ({
  name: 'images',
  type,
  shape: ['batch', 3, side, side],
});
const value = (name: string, ...shape: (number | string)[]): ValueSpec => ({ name, shape });

describe('edgeml inspect', () => {
  it('says how many nodes a provider runs, and how long they take', async () => {
    const { io } = await inspect(meanColorModel(8), '--provider', 'cpu,qnn', '--json');
    const { execution } = JSON.parse(io.out) as { readonly execution: unknown };
    expect(execution).toEqual([
      {
        provider: 'cpu',
        shares: { cpu: { nodes: expect.any(Number) as number, runMs: expect.any(Number) as number } },
      },
      { provider: 'qnn', reason: expect.stringContaining('edgeml.accelerator.Qnn is not installed') as string },
    ]);
    const { io: forPeople } = await inspect(meanColorModel(8), '--provider', 'cpu,qnn');
    expect(forPeople.out).toMatch(/^cpu +\d+ nodes, \d+\.\d ms$/m);
    expect(forPeople.out).toMatch(/^qnn +does not run it: the component/m);
  });

  it('says what to do with a compiled model', async () => {
    const { code, io } = await inspect('\x01HEF and more');
    expect(code).toBe(1);
    expect(io.err).toMatch(/compiled for the backend hailo: inspect the \.onnx .*"backend": "hailo"/);
  });

  it('prints what the model takes and gives', async () => {
    const { code, io } = await inspect(meanColorModel(8));
    expect(code).toBe(0);
    expect(io.out).toMatch(/inputs +image {2}float32 \[1, 3, 8, 8\]/);
    expect(io.out).toMatch(/outputs +probs {2}float32 \[1, 3\]/);
    expect(io.out).toContain('opset ai.onnx 17');
    expect(io.out).toContain('"name": "My-model"');
  });

  it('tells a classifier and what is still to be done to its scores', async () => {
    const softmax = { op: 'Softmax', inputs: ['logits'], outputs: ['probs'] };
    expect((await propose(image(224), [value('probs', 'batch', 10)], [softmax])).proposed.output).toEqual({
      decoder: 'classification',
      output: 'probs',
      activation: 'none',
    });
    const raw = await propose(
      image(224),
      [value('probs', 'batch', 10)],
      [{ op: 'Gemm', inputs: ['x', 'w'], outputs: ['probs'] }],
    );
    expect(raw.proposed).toMatchObject({
      task: 'image-classification',
      output: { activation: 'softmax' },
      input: { width: 224 },
    });
    expect(raw.questions).toMatchObject([{ keys: ['output.activation'] }, { keys: ['input.mean', 'input.std'] }]);
  });

  it('tells what a classifier was trained with by its classes or the framework that wrote it', async () => {
    const outputs = (classes: number) => [value('probs', 'batch', classes)];
    const slim = await propose(image(224), outputs(1001));
    expect(slim.proposed.input).toMatchObject({ color: 'RGB', mean: 127.5, std: 127.5 });
    expect(slim.notes.join()).toContain('a row for the background');
    const torch = await propose(image(224), outputs(1000));
    expect(torch.proposed.input).toMatchObject({ mean: [123.675, 116.28, 103.53] });
    const written = Buffer.from(buildOnnx({ inputs: [image(224)], outputs: outputs(1000), nodes: [] }));
    written.write('onnx-caffe2.', written.indexOf('edgeml-tests'));
    const { proposed, questions } = JSON.parse((await inspect(written, '--json')).io.out) as Proposed;
    expect(proposed.input).toMatchObject({ color: 'BGR', mean: [104, 117, 123] });
    expect(questions[1]).toMatchObject({ keys: ['input.color', 'input.mean', 'input.std'] });
  });

  it('reads the scale of a quantized classifier', async () => {
    const nodes = [
      { op: 'Softmax', inputs: ['logits'], outputs: ['float'] },
      { op: 'QuantizeLinear', inputs: ['float', 'scale', 'zero'], outputs: ['probs'] },
    ];
    const weights = [
      { name: 'scale', shape: [], values: [1 / 256] },
      { name: 'zero', type: 'uint8', shape: [], values: [3] },
    ] as const;
    const input: ValueSpec = { name: 'bytes', type: 'uint8', shape: [1, 96, 128, 3] };
    const { proposed } = await propose(input, [{ name: 'probs', type: 'uint8', shape: [1, 10] }], nodes, weights);
    expect(proposed.output).toEqual({
      decoder: 'classification',
      output: 'probs',
      activation: 'none',
      scale: 1 / 256,
      zeroPoint: 3,
    });
    expect(proposed.input).toEqual({
      name: 'bytes',
      width: 128,
      height: 96,
      layout: 'NHWC',
      dtype: 'uint8',
      color: 'RGB',
    });
  });

  it.each([
    [
      'TensorFlow detectors',
      300,
      [
        value('detection_boxes', 1, 10, 4),
        value('detection_scores', 1, 10),
        value('detection_classes', 1, 10),
        value('num_detections', 1),
      ],
      {
        decoder: 'ssd',
        boxes: 'detection_boxes',
        boxFormat: 'yxyx',
        scores: 'detection_scores',
        classes: 'detection_classes',
        count: 'num_detections',
      },
    ],
    [
      'torchvision detectors',
      320,
      [value('boxes', 'n', 4), value('labels', 'n'), value('scores', 'n')],
      { decoder: 'ssd', boxes: 'boxes', boxFormat: 'xyxy', coordinates: 'pixels', scores: 'scores', classes: 'labels' },
    ],
    [
      'SSD without suppression',
      300,
      [value('scores', 1, 100, 3), value('boxes', 1, 100, 4)],
      { decoder: 'ssd', boxes: 'boxes', boxFormat: 'xyxy', scores: 'scores', backgroundClass: 0 },
    ],
    [
      'tables of boxes, scores and classes',
      512,
      [value('rows', 1, 100, 6)],
      { decoder: 'ssd', output: 'rows', columns: 'box-score-class', coordinates: 'pixels' },
    ],
    [
      'Caffe tables',
      300,
      [value('rows', 1, 100, 7)],
      { decoder: 'ssd', output: 'rows', columns: 'image-class-score-box' },
    ],
    ['YOLOv5', 640, [value('output0', 1, 25200, 85)], { decoder: 'yolov5', output: 'output0' }],
    ['YOLOv8', 640, [value('output0', 1, 84, 8400)], { decoder: 'yolov8', output: 'output0' }],
    ['something else', 64, [value('embedding', 1, 8, 8, 8, 8)], { decoder: 'tensor' }],
  ] as const)('tells %s', async (_name, side, outputs, expected) => {
    expect((await propose(image(side), outputs)).proposed.output).toEqual(expected);
  });

  it('tells raw YOLOv3 heads by their strides', async () => {
    const { proposed } = await propose(image(320), [value('a', 1, 255, 10, 10), value('b', 1, 255, 20, 20)]);
    expect(proposed.output).toMatchObject({
      decoder: 'yolov3',
      heads: [
        { output: 'a', stride: 32 },
        { output: 'b', stride: 16 },
      ],
    });
  });

  it('asks for what it could not know, in red on a terminal', async () => {
    const { questions } = await propose({ name: 'x', shape: ['n', 3, 'h', 'w'] }, [value('y', 'n', 5)]);
    expect(questions[0]).toMatchObject({
      keys: ['input.width', 'input.height'],
      text: expect.stringContaining('the model leaves its size free (w × h)') as string,
    });
    const { io } = await inspect(meanColorModel(8));
    expect(io.out).toMatch(/ask {3}input\.mean, input\.std: the file does not say what pixels become/);
  });

  it('refuses what is not an ONNX file, and a file that is not there', async () => {
    for (const bytes of ['hello, this is text', new Uint8Array(0), meanColorModel(8).subarray(0, 100)]) {
      const { code, io } = await inspect(bytes);
      expect(code).toBe(1);
      expect(io.err).toContain('model.unreadable');
    }
    const io = new MemoryIo();
    expect(await runProgram(['inspect', '--onnx', path.join(dir, 'none.onnx')], io, new AbortController().signal)).toBe(
      1,
    );
    expect(io.err).toContain('cli.model-unreadable');
  });
});
