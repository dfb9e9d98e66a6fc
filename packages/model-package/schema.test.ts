import { describe, expect, it } from 'vitest';
import type { ConfigurationProblem } from '#packages/foundation';
import { packageErrors } from './errors.ts';
import { meantFor, runsOn } from './runs-on.ts';
import { parseLabels, parseManifest } from './schema.ts';
import { inputOf, outputOf } from './variant-specs.ts';

const minimal = {
  schemaVersion: 1,
  name: 'StreetDetector',
  version: '1.2.0',
  task: 'object-detection',
  input: { width: 320, height: 320 },
  output: { decoder: 'yolov8', output: 'output0' },
  variants: [{ file: 'model.onnx' }],
};

function problemsOf(value: unknown): readonly ConfigurationProblem[] {
  try {
    parseManifest(value);
  } catch (error) {
    if (packageErrors.is(error, 'model.manifest-invalid')) return error.facts.problems;
    throw error;
  }
  return [];
}

describe('parseManifest', () => {
  it('fills the defaults and freezes the result', () => {
    const manifest = parseManifest(minimal);
    expect(manifest.input).toEqual({
      width: 320,
      height: 320,
      layout: 'NCHW',
      dtype: 'float32',
      color: 'RGB',
      resize: 'stretch',
      filter: 'bilinear',
      pad: 114,
      align: 'center',
      cropFraction: 1,
      mean: [0],
      std: [1],
    });
    expect(manifest.output).toEqual({
      decoder: 'yolov8',
      output: 'output0',
      scoreThreshold: 0.25,
      iouThreshold: 0.45,
      maxDetections: 100,
      nms: 'class',
      coordinates: 'pixels',
    });
    expect(manifest.golden).toEqual([]);
    expect(manifest.variants[0]?.precision).toBe('fp32');
    expect(Object.isFrozen(manifest.input && 'mean' in manifest.input && manifest.input.mean)).toBe(true);
  });

  it('takes every form of output that the format has', () => {
    const forms = [
      { decoder: 'classification', output: 'probs', activation: 'softmax', scale: 0.5, topK: 3 },
      { decoder: 'ssd', boxes: 'b', boxFormat: 'yxyx', scores: 's', classes: 'c', count: 'n', classOffset: 1 },
      { decoder: 'ssd', boxes: 'b', boxFormat: 'xyxy', scores: 's', backgroundClass: 0 },
      {
        decoder: 'ssd',
        boxes: 'b',
        boxFormat: 'xyxy',
        scores: 's',
        backgroundClass: 0,
        priors: [[0.5, 0.5, 1, 1]],
        variances: [0.1, 0.2],
      },
      { decoder: 'ssd', output: 'rows' },
      { decoder: 'yolov3', heads: [{ output: 'h', stride: 32, anchors: [[115, 73]], scaleXY: 1.05 }] },
      { decoder: 'yolov5', output: 'output0' },
      { decoder: 'yolov8', output: 'output0' },
      { decoder: 'yolox', output: 'output', strides: [8, 16, 32] },
      { decoder: 'tensor' },
    ];
    for (const output of forms) {
      const task =
        output.decoder === 'classification'
          ? 'image-classification'
          : output.decoder === 'tensor'
            ? 'tensor'
            : 'object-detection';
      expect(problemsOf({ ...minimal, task, output }), JSON.stringify(output)).toEqual([]);
    }
  });

  it('names all problems at once by JSON pointer', () => {
    const problems = problemsOf({
      ...minimal,
      input: { width: 0, height: 320, std: 0, colour: 'RGB' },
      output: { decoder: 'yolov3', heads: [{ output: 'h', stride: 32, anchors: [[1]] }] },
      variants: [{ file: '../model.onnx' }],
    });
    const pointers = problems.map((problem) => problem.pointer);
    expect(pointers).toEqual(
      expect.arrayContaining(['/input/width', '/input/std', '/input', '/output/heads/0/anchors/0', '/variants/0/file']),
    );
    expect(problems.find((problem) => problem.pointer === '/input')?.message).toContain('colour');
  });

  it.each(['/etc/model.onnx', 'a/../../b', 'C:\\x', 'a\\b', 'a//b', ''])('refuses the path %j', (file) => {
    expect(problemsOf({ ...minimal, variants: [{ file }] }).map(({ pointer }) => pointer)).toContain(
      '/variants/0/file',
    );
  });

  it('says which decoders there are', () => {
    expect(problemsOf({ ...minimal, output: { decoder: 'yolov9' } })[0]?.message).toContain('yolov8');
  });

  it('refuses a task that the decoder does not do', () => {
    expect(problemsOf({ ...minimal, task: 'image-classification' })[0]).toEqual({
      pointer: '/task',
      message: 'the decoder "yolov8" does object-detection, not image-classification',
    });
  });

  it.each([null, 'text', 7, [], {}])('refuses %j', (value) => {
    expect(problemsOf(value).length).toBeGreaterThan(0);
  });
});

describe('input as steps', () => {
  const steps = [
    { step: 'resize', shortSide: 256, rounding: 'floor' },
    { step: 'crop', width: 224, height: 224 },
    { step: 'normalize', mean: 127.5, std: [1, 2, 3] },
  ];
  const withInput = (input: object) => ({ ...minimal, input });

  it('fills the defaults of each step', () => {
    expect(parseManifest(withInput({ steps })).input).toMatchObject({
      layout: 'NCHW',
      color: 'RGB',
      steps: [
        { step: 'resize', shortSide: 256, filter: 'bilinear', enlarge: true, multiple: 1 },
        { step: 'crop', align: 'center', rounding: 'round' },
        { step: 'normalize', mean: [127.5], std: [1, 2, 3] },
      ],
    });
  });

  it('is read again as it was written', () => {
    const { input } = parseManifest(withInput({ steps }));
    expect(parseManifest(withInput(input!)).input).toEqual(input);
    const short = parseManifest(minimal).input!;
    expect(parseManifest(withInput(short)).input).toEqual(short);
  });

  it.each<[string, object, string]>([
    ['neither form', { color: 'RGB' }, '/input/width'],
    ['both forms at once', { steps, resize: 'letterbox' }, '/input/resize'],
    ['a step that does not exist', { steps: [{ step: 'rotate' }] }, '/input/steps/0/step'],
    ['a resize to nothing', { steps: [{ step: 'resize' }] }, '/input/steps/0/step'],
    ['a resize in two ways', { steps: [{ step: 'resize', width: 1, longSide: 2 }] }, '/input/steps/0/step'],
    [
      'a limit without the short side',
      { steps: [{ step: 'resize', longSide: 9, maxSide: 9 }] },
      '/input/steps/0/maxSide',
    ],
    ['half a crop', { steps: [{ step: 'crop', width: 9 }] }, '/input/steps/0/step'],
    ['a pad in two ways', { steps: [{ step: 'pad', square: true, multiple: 32 }] }, '/input/steps/0/step'],
    ['a step after normalize', { steps: [...steps, { step: 'crop', square: true }] }, '/input/steps/2'],
    ['too many means', { color: 'GRAY', steps }, '/input/steps/2/std'],
    ['a division by zero', { steps: [{ step: 'normalize', std: 0 }] }, '/input/steps/0/std'],
    ['channels beside a color', { width: 8, height: 8, channels: 4, color: 'RGB' }, '/input/color'],
  ])('refuses %s', (_, input, pointer) => {
    expect(problemsOf(withInput(input)).map((problem) => problem.pointer)).toContain(pointer);
  });

  it('gives way to the keys of the other form that a variant names', () => {
    const manifest = parseManifest({
      ...minimal,
      variants: [
        { file: 'a.onnx', input: { dtype: 'uint8', steps } },
        { file: 'b.onnx', input: { channels: 4 } },
      ],
    });
    const [first, second] = manifest.variants;
    expect(inputOf(manifest, first)).toMatchObject({ dtype: 'uint8', steps: [{}, {}, {}] });
    expect(inputOf(manifest, first)).not.toHaveProperty('width');
    expect(inputOf(manifest, second!)).toMatchObject({ width: 320, channels: 4 });
    expect(inputOf(manifest, second!)).not.toHaveProperty('color');
  });
});

describe('variants', () => {
  it('of compiled files name backend and chip, and are for that backend alone', () => {
    const compiled = { file: 'model.hef', backend: 'hailo', target: 'hailo8' };
    const { variants } = parseManifest({ ...minimal, variants: [{ file: 'model.onnx' }, compiled] });
    const [onnx, hef] = variants;
    expect([runsOn(onnx, 'cpu'), runsOn(onnx, 'hailo')]).toEqual([true, false]);
    expect([runsOn(hef!, 'cpu'), runsOn(hef!, 'rknn'), runsOn(hef!, 'hailo')]).toEqual([false, false, true]);
    expect(meantFor(hef!)).toBe('hailo, compiled for hailo8');

    const problems = (variant: object) =>
      problemsOf({ ...minimal, variants: [variant] }).map(({ pointer, message }) => `${pointer} ${message}`);
    expect(problems({ file: 'model.hef', backend: 'hailo' })).toEqual([
      expect.stringMatching(/^\/variants\/0\/target is missing/),
    ]);
    expect(problems({ file: 'model.onnx', target: 'hailo8' })).toEqual([
      expect.stringMatching(/^\/variants\/0\/target .*"backend"/),
    ]);
    expect(problems({ ...compiled, providers: ['cpu'] })).toEqual([
      expect.stringMatching(/^\/variants\/0\/providers .*hailo/),
    ]);
    expect(problems({ ...compiled, backend: 'abacus' })).toEqual([expect.stringMatching(/^\/variants\/0\/backend /)]);
  });

  it('override only the keys that they name', () => {
    const manifest = parseManifest({
      ...minimal,
      input: { width: 320, height: 240, mean: 127, std: [128] },
      variants: [
        {
          file: 'u8.onnx',
          precision: 'int8',
          input: { dtype: 'uint8', layout: 'NHWC', mean: 0, std: 1 },
          output: { scoreThreshold: 0.5 },
        },
      ],
    });
    const [variant] = manifest.variants;
    expect(inputOf(manifest, variant)).toMatchObject({
      width: 320,
      height: 240,
      dtype: 'uint8',
      layout: 'NHWC',
      mean: [0],
      std: [1],
    });
    expect(outputOf(manifest, variant)).toMatchObject({ decoder: 'yolov8', output: 'output0', scoreThreshold: 0.5 });
  });

  it('have the defaults that belong to their own keys', () => {
    const manifest = parseManifest({
      ...minimal,
      task: 'pose',
      output: { decoder: 'yolov8-pose', keypoints: [17, 3] },
      variants: [
        { file: 'fp32.onnx' },
        { file: 'int8.onnx', output: { rows: 'finished' } },
        { file: 'own.onnx', output: { rows: 'finished', nms: 'agnostic' } },
      ],
    });
    const [first, second, third] = manifest.variants.map((variant) => outputOf(manifest, variant));
    expect(first).toMatchObject({ rows: 'raw', nms: 'class' });
    expect(second).toMatchObject({ rows: 'finished', nms: 'none', keypoints: [17, 3] });
    expect(third).toMatchObject({ rows: 'finished', nms: 'agnostic' });
  });

  it('may have their outputs in another form than the manifest', () => {
    const manifest = parseManifest({
      ...minimal,
      output: { decoder: 'ssd', boxFormat: 'xyxy', boxes: 'boxes', scores: 'scores' },
      variants: [
        { file: 'per-class.onnx' },
        { file: 'suppressed.onnx', output: { boxes: 'kept_boxes', scores: 'kept_scores', classes: 'kept_classes' } },
      ],
    });
    expect(outputOf(manifest, manifest.variants[1]!)).toMatchObject({ classes: 'kept_classes', nms: 'none' });
  });

  it('are checked after the override', () => {
    const problems = problemsOf({
      ...minimal,
      variants: [{ file: 'a.onnx', input: { color: 'GRAY', mean: [1, 2, 3] } }, { file: 'a.onnx' }],
    });
    expect(problems.map(({ pointer }) => pointer).sort()).toEqual(['/variants/0/input/mean', '/variants/1/file']);
  });

  it('do not repeat what is wrong with the manifest', () => {
    const problems = problemsOf({
      ...minimal,
      output: { decoder: 'yolov8', rows: 'raw' },
      variants: [{ file: 'a.onnx', output: { scoreThreshold: 0.5 } }],
    });
    expect(problems.map(({ pointer }) => pointer)).toEqual(['/output']);
  });
});

describe('parseLabels', () => {
  it('numbers lines from 0 and forgets blank ones at the end', () => {
    expect(parseLabels('\uFEFFbackground\r\nhex nut\r\n\r\nbolt\n\n')).toEqual(['background', 'hex nut', '', 'bolt']);
  });
});
