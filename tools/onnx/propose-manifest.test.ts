import { describe, expect, it } from 'vitest';
import { parseManifest } from '#packages/model-package';
import { buildOnnx } from '../../testing/vision/onnx-builder.ts';
import type { NodeSpec, ValueSpec } from '../../testing/vision/onnx-builder.ts';
import { proposeManifest } from './propose-manifest.ts';
import type { Proposal } from './propose-manifest.ts';
import { readOnnx } from './read-onnx.ts';

/** Files as exporters write them, by their interface and their metadata alone: own files, no exporter has touched them. */
interface Export {
  readonly inputs?: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly nodes?: readonly NodeSpec[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producer?: string;
}

function propose({ inputs = [image(640)], outputs, nodes = [], metadata, producer }: Export): Proposal {
  const bytes = buildOnnx({
    inputs,
    outputs,
    nodes,
    ...(metadata ? { metadata } : {}),
    ...(producer === undefined ? {} : { producer }),
  });
  const proposal = proposeManifest(readOnnx(bytes, 'model.onnx'), 'model.onnx');
  expect(() => parseManifest(proposal.manifest)).not.toThrow();
  return proposal;
}

const image = (side: number | string, other = side): ValueSpec => ({
  name: 'images',
  shape: ['batch', 3, side, other],
});
const value = (name: string, ...shape: (number | string)[]): ValueSpec => ({ name, shape });
const names = (count: number): string =>
  `{${Array.from({ length: count }, (_, id) => `${id}: 'class ${id}'`).join(', ')}}`;
const ultralytics = (task: string, imgsz: number, classes: number, more: Readonly<Record<string, string>> = {}) => ({
  description: 'Ultralytics YOLO11n model trained on coco8.yaml',
  author: 'Ultralytics',
  version: '8.3.49',
  stride: '32',
  task,
  batch: '1',
  imgsz: `[${imgsz}, ${imgsz}]`,
  names: names(classes),
  ...more,
});
const LETTERBOX = { resize: 'letterbox', mean: 0, std: 255 };

describe('what Ultralytics wrote', () => {
  it('gives the size of a model whose axes are free, nudenet 320n: 320 and not 640', () => {
    const { manifest, labels, questions } = propose({
      inputs: [image('height', 'width')],
      outputs: [value('output0', 'batch', 22, 'anchors')],
      metadata: ultralytics('detect', 320, 18),
    });
    expect(manifest['input']).toMatchObject({ width: 320, height: 320, ...LETTERBOX });
    expect(manifest['output']).toMatchObject({ decoder: 'yolov8', iouThreshold: 0.7 });
    expect(labels).toHaveLength(18);
    expect(questions).toEqual([]);
  });

  it('gives rectangles to a model that was exported for them, as Ultralytics itself does', () => {
    const dynamic = {
      inputs: [image('height', 'width')],
      outputs: [value('output0', 'batch', 84, 'anchors')],
      metadata: ultralytics('detect', 640, 80, { args: "{'batch': 1, 'dynamic': True, 'half': False}" }),
    };
    const { manifest, notes } = propose(dynamic);
    expect(manifest['input']).toEqual({
      name: 'images',
      layout: 'NCHW',
      dtype: 'float32',
      color: 'RGB',
      steps: [
        { step: 'resize', width: 640, height: 640, mode: 'contain' },
        { step: 'pad', multiple: 32 },
        { step: 'normalize', mean: 0, std: 255 },
      ],
    });
    expect(parseManifest(manifest).input).toMatchObject({ steps: [{}, {}, {}] });
    expect(notes.join()).toContain('dynamic=True');
    const fixed = propose({ ...dynamic, inputs: [image(640)], outputs: [value('output0', 1, 84, 8400)] });
    expect(fixed.manifest['input']).toMatchObject({ width: 640, height: 640, ...LETTERBOX });
  });

  it('takes as many channels as the exporter says', () => {
    const { manifest, questions } = propose({
      inputs: [{ name: 'images', shape: [1, 10, 640, 640] }],
      outputs: [value('output0', 1, 84, 8400)],
      metadata: ultralytics('detect', 640, 80, { channels: '10' }),
    });
    expect(manifest['input']).toMatchObject({ channels: 10, width: 640, ...LETTERBOX });
    expect(manifest['input']).not.toHaveProperty('color');
    expect(manifest['output']).toMatchObject({ decoder: 'yolov8' });
    expect(questions).toEqual([]);
    const silent = propose({ inputs: [{ name: 'x', shape: [1, 10, 64, 64] }], outputs: [value('y', 1, 5)] });
    expect(silent.manifest).toMatchObject({ task: 'tensor' });
    expect(silent.manifest).not.toHaveProperty('input');
  });

  it('says that a model of several images at once cannot be loaded', () => {
    const { notes } = propose({
      inputs: [{ name: 'images', shape: [4, 3, 640, 640] }],
      outputs: [value('output0', 4, 84, 8400)],
      metadata: ultralytics('detect', 640, 80),
    });
    expect(notes.join()).toContain('it takes 4 images at once; export it with a batch of 1');
  });

  it('gives height before width, and stands behind what the graph fixes', () => {
    const free = propose({
      inputs: [image('height', 'width')],
      outputs: [value('output0', 'batch', 84, 'anchors')],
      metadata: { ...ultralytics('detect', 160, 80), imgsz: '[160, 224]' },
    });
    expect(free.manifest['input']).toMatchObject({ width: 224, height: 160 });
    const fixed = propose({
      inputs: [image(640)],
      outputs: [value('output0', 1, 84, 8400)],
      metadata: ultralytics('detect', 160, 80),
    });
    expect(fixed.manifest['input']).toMatchObject({ width: 640, height: 640 });
  });

  it.each([
    [
      'pose',
      'pose',
      [value('output0', 1, 56, 8400)],
      { kpt_shape: '[17, 3]' },
      { decoder: 'yolov8-pose', keypoints: [17, 3] },
    ],
    [
      'pose',
      'pose',
      [value('output0', 1, 300, 14)],
      { kpt_shape: '[4, 2]', end2end: 'True' },
      { decoder: 'yolov8-pose', rows: 'finished', keypoints: [4, 2] },
    ],
    ['obb', 'oriented-detection', [value('output0', 1, 6, 21504)], {}, { decoder: 'yolov8-obb', iouThreshold: 0.7 }],
    [
      'obb',
      'oriented-detection',
      [value('output0', 1, 300, 7)],
      { args: "{'nms': True}" },
      { decoder: 'yolov8-obb', rows: 'finished' },
    ],
    [
      'segment',
      'instance-segmentation',
      [value('output0', 1, 37, 8400), value('output1', 1, 32, 160, 160)],
      {},
      { decoder: 'yolov8-seg', output: 'output0', prototypes: 'output1' },
    ],
    [
      'segment',
      'instance-segmentation',
      [value('output0', 1, 300, 38), value('output1', 1, 32, 160, 160)],
      { end2end: 'True' },
      { decoder: 'yolov8-seg', rows: 'finished', prototypes: 'output1' },
    ],
  ])('tells %s as %s, in %j', (told, task, outputs, more, output) => {
    const { manifest, labels, questions } = propose({ outputs, metadata: ultralytics(told, 640, 1, more) });
    expect(manifest).toMatchObject({ task, output, input: { width: 640, ...LETTERBOX } });
    expect(labels).toEqual(['class 0']);
    expect(questions).toEqual([]);
  });

  it.each([
    ['depth', [value('output0', 1, 1, 640, 640)], {}, 'the task is depth, which no decoder reads yet'],
    ['semantic', [value('output0', 1, 19, 640, 640)], {}, 'nor a score for each of 1 classes'],
    ['pose', [value('output0', 1, 56, 8400)], {}, 'does not say how many key points'],
    ['pose', [value('output0', 1, 56, 8400)], { kpt_shape: '[17, 4]' }, '4 numbers for each key point'],
    ['obb', [value('output0', 1, 20, 21504)], {}, 'does not fit the output "output0" [1, 20, 21504]'],
    ['segment', [value('output0', 1, 116, 8400)], {}, 'ends in a table and prototypes'],
  ])('gives the tensors of %s out if it does not fit, in %j', (task, outputs, more, words) => {
    const { manifest, notes } = propose({ outputs, metadata: ultralytics(task, 640, 1, more) });
    expect(manifest).toMatchObject({
      task: 'tensor',
      output: { decoder: 'tensor' },
      input: { width: 640, ...LETTERBOX },
    });
    expect(notes.join()).toContain(words);
  });

  it.each([
    [[{ ...value('output0', 1, 640, 640), type: 'uint8' as const }], { values: 'classes' }],
    [[value('output0', 1, 19, 160, 160)], { activation: 'softmax' }],
  ])('tells a class for each pixel, in %j', (outputs, more) => {
    const { manifest, questions } = propose({ outputs, metadata: ultralytics('semantic', 640, 19) });
    expect(manifest).toMatchObject({
      task: 'semantic-segmentation',
      input: { width: 640, ...LETTERBOX },
      output: { decoder: 'segmentation', output: 'output0', ...more },
    });
    expect(parseManifest(manifest).output).toMatchObject({ decoder: 'segmentation' });
    expect(questions).toEqual([]);
  });

  it('tells its classifiers, which have no mean and keep the middle of the image', () => {
    const { manifest, questions } = propose({
      inputs: [image(224)],
      outputs: [value('output0', 1, 1000)],
      nodes: [{ op: 'Softmax', inputs: ['logits'], outputs: ['output0'] }],
      metadata: ultralytics('classify', 224, 1000),
    });
    expect(manifest['input']).toMatchObject({ resize: 'center-crop', filter: 'area', mean: 0, std: 255 });
    expect(manifest['output']).toMatchObject({ decoder: 'classification', activation: 'none' });
    expect(questions).toEqual([]);
  });

  it.each([
    [
      'YOLO26 and YOLOv10',
      80,
      value('output0', 1, 300, 6),
      { end2end: 'True' },
      { decoder: 'ssd', columns: 'box-score-class', coordinates: 'pixels' },
    ],
    [
      'a YOLOv10 that does not say that it is finished',
      80,
      value('output0', 1, 300, 6),
      {},
      { decoder: 'ssd', columns: 'box-score-class' },
    ],
    [
      'suppression in the graph',
      2,
      value('output0', 1, 300, 6),
      { args: "{'batch': 1, 'nms': True}" },
      { decoder: 'ssd' },
    ],
    ['two classes', 2, value('output0', 1, 6, 8400), {}, { decoder: 'yolov8' }],
    ['as many cells as columns', 80, value('output0', 1, 84, 84), {}, { decoder: 'yolov8' }],
    ['YOLOv5 of one class', 1, value('output0', 1, 25200, 6), {}, { decoder: 'yolov5' }],
    ['YOLOv5', 80, value('output0', 1, 25200, 85), {}, { decoder: 'yolov5' }],
  ])('tells %s', (_what, classes, output, more, expected) => {
    const { manifest } = propose({ outputs: [output], metadata: ultralytics('detect', 640, classes, more) });
    expect(manifest['output']).toMatchObject(expected);
    expect(manifest['input']).toMatchObject(LETTERBOX);
  });

  it.each([
    ['by its name', 80, value('output0', 1, 300, 84), 'Ultralytics rtdetr-l model trained on coco.yaml', []],
    ['by its queries', 3, value('output0', 1, 300, 7), 'Ultralytics best model', []],
    [
      'of two classes by its operators',
      2,
      value('output0', 1, 300, 6),
      'Ultralytics best model',
      [{ op: 'GridSample', inputs: ['a', 'b'], outputs: ['c'] }],
    ],
  ])(
    'tells RT-DETR %s: fractions of a stretched image, nothing to suppress',
    (_how, classes, output, description, nodes) => {
      const { manifest } = propose({
        outputs: [output],
        nodes,
        metadata: { ...ultralytics('detect', 640, classes), description },
      });
      expect(manifest['output']).toMatchObject({ decoder: 'yolov8', coordinates: 'normalized', nms: 'none' });
      expect(manifest['input']).not.toHaveProperty('resize');
    },
  );

  it.each([
    ['80 classes', 80, []],
    [
      '2 classes, by the whole number in its last column',
      2,
      [
        { op: 'Cast', inputs: ['index'], outputs: ['class'] },
        { op: 'Concat', inputs: ['boxes', 'scores', 'class'], outputs: ['output0'] },
      ],
    ],
  ])('tells an RT-DETR that gives the best classes of %s: center and size as fractions', (_what, classes, nodes) => {
    const { manifest, questions } = propose({
      outputs: [value('output0', 1, 300, 6)],
      nodes,
      metadata: { ...ultralytics('detect', 640, classes), description: 'Ultralytics rtdetr-l model' },
    });
    expect(manifest['output']).toMatchObject({
      decoder: 'ssd',
      columns: 'box-score-class',
      boxFormat: 'cxcywh',
      coordinates: 'normalized',
    });
    expect(manifest['input']).not.toHaveProperty('resize');
    expect(questions).toEqual([]);
  });

  it('is not believed about classes that the outputs do not have', () => {
    const { manifest, notes } = propose({
      outputs: [value('output0', 1, 84, 8400)],
      metadata: ultralytics('detect', 640, 79),
    });
    expect(manifest['task']).toBe('tensor');
    expect(notes.join()).toContain(
      'the exporter names 79 classes, which does not fit the output "output0" [1, 84, 8400]',
    );
  });

  it('may be as little as the stride and the names, of YOLOv5 and v7', () => {
    const { manifest, labels } = propose({
      inputs: [image(320)],
      outputs: [value('output', 1, 6300, 7)],
      metadata: { stride: '32', names: "['a cat', 'dog\\'s']" },
    });
    expect(manifest['output']).toMatchObject({ decoder: 'yolov5' });
    expect(labels).toEqual(['a cat', "dog's"]);
  });
});

describe('what others wrote', () => {
  it("gives the anchors of Darknet's heads", () => {
    const heads = [
      { stride: 32, anchors: [[115, 73]], scale_x_y: 1.05 },
      { stride: 16, anchors: [[12.5, 18]], scale_x_y: 1 },
    ];
    const { manifest, questions } = propose({
      inputs: [image(320)],
      outputs: [value('s16', 1, 15, 20, 20), value('s32', 1, 15, 10, 10)],
      metadata: { yolo: JSON.stringify(heads) },
    });
    expect(manifest['output']).toEqual({
      decoder: 'yolov3',
      heads: [
        { output: 's16', stride: 16, anchors: [[12.5, 18]] },
        { output: 's32', stride: 32, anchors: [[115, 73]], scaleXY: 1.05 },
      ],
    });
    expect(questions).toEqual([]);
  });

  it("gives the range of the pixels by ONNX' convention for images", () => {
    const { manifest, questions } = propose({
      inputs: [image(224)],
      outputs: [value('probs', 1, 3)],
      nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['probs'] }],
      metadata: {
        'Image.BitmapPixelFormat': 'Bgr8',
        'Image.NominalPixelRange': 'Normalized_0_1',
        labels: '["a", "b", "c"]',
      },
    });
    expect(manifest['input']).toMatchObject({ color: 'BGR', mean: 0, std: 255 });
    expect(questions).toEqual([]);
  });

  it('tells a text recognizer by its characters, and how its lines are prepared', () => {
    const { manifest, notes, questions, dictionary, labels } = propose({
      inputs: [{ name: 'x', shape: ['n', 3, '?', 'w'] }],
      outputs: [value('probs', 'n', 't', 5)],
      nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['probs'] }],
      metadata: { character: 'a\n\u3000\nb\n' },
    });
    expect(manifest).toMatchObject({
      task: 'text-recognition',
      output: { decoder: 'ctc', output: 'probs', dictionary: 'dictionary.txt' },
      input: {
        color: 'BGR',
        steps: [
          { step: 'resize', height: 48, rounding: 'ceil', truncateAbove: 320 },
          { step: 'pad', width: 320, height: 48, align: 'top-left', value: 127.5 },
          { step: 'normalize', mean: 127.5, std: 127.5 },
        ],
      },
    });
    expect(manifest).not.toHaveProperty('labels');
    expect([dictionary, labels, questions]).toEqual([['a', '\u3000', 'b'], undefined, []]);
    expect(notes.join()).not.toContain('labels.txt');
  });

  it('takes a map of probabilities of a model that Paddle calls x for regions of text, and asks how it is fed', () => {
    const { manifest, questions } = propose({
      inputs: [{ name: 'x', shape: ['n', 3, 'h', 'w'] }],
      outputs: [value('map', 'n', 1, 'h', 'w')],
      nodes: [{ op: 'Sigmoid', inputs: ['x'], outputs: ['map'] }],
    });
    expect(manifest).toMatchObject({ task: 'oriented-detection', output: { decoder: 'db', output: 'map' } });
    expect(questions.flatMap(({ keys }) => keys)).toEqual(['input.steps']);
  });

  it('takes them for the classes of a model that gives one score for each', () => {
    const { manifest, labels } = propose({
      inputs: [{ name: 'x', shape: ['n', 3, 224, 224] }],
      outputs: [value('fetch_name_0', 'n', 4)],
      metadata: { character: '0\n90\n180\n270' },
    });
    expect(manifest).toMatchObject({ task: 'image-classification', input: { width: 224, height: 224 } });
    expect(labels).toEqual(['0', '90', '180', '270']);
  });
});

describe('heads of one stride each', () => {
  it('are those of PicoDet if they are scores and distances', () => {
    const { manifest, labels, questions } = propose({
      inputs: [{ name: 'image', shape: [1, 3, 800, 608] }],
      outputs: [
        ...[7600, 1900, 475, 130].map((cells, at) => value(`s${at}`, 1, cells, 2)),
        ...[7600, 1900, 475, 130].map((cells, at) => value(`d${at}`, 1, cells, 32)),
      ],
      metadata: { character: 'text\ntable' },
    });
    expect(manifest).toMatchObject({
      task: 'object-detection',
      input: { width: 608, height: 800 },
      output: {
        decoder: 'gfl',
        heads: [
          { stride: 8, scores: 's0', boxes: 'd0' },
          { stride: 16, scores: 's1', boxes: 'd1' },
          { stride: 32, scores: 's2', boxes: 'd2' },
          { stride: 64, scores: 's3', boxes: 'd3' },
        ],
      },
    });
    expect(labels).toEqual(['text', 'table']);
    expect(questions.flatMap(({ keys }) => keys)).toEqual(['input.mean', 'input.std']);
  });

  it('are those of YuNet by their names, and of SCRFD by their sizes', () => {
    const image = { inputs: [{ name: 'input', shape: [1, 3, 64, 64] }] };
    const parts = { cls: 1, obj: 1, bbox: 4, kps: 10 };
    const cells = { 8: 64, 16: 16, 32: 4 };
    const yunet = propose({
      ...image,
      outputs: Object.entries(parts).flatMap(([part, numbers]) =>
        Object.entries(cells).map(([stride, count]) => value(`${part}_${stride}`, 1, count, numbers)),
      ),
    });
    expect(yunet.manifest).toMatchObject({
      task: 'pose',
      input: { color: 'BGR', resize: 'letterbox', align: 'top-left', pad: 0 },
      output: { decoder: 'yunet', heads: [{ stride: 8, objectness: 'obj_8', points: 'kps_8' }, {}, {}] },
    });
    const scrfd = propose({
      ...image,
      outputs: [1, 4, 10].flatMap((numbers) => [128, 32, 8].map((rows) => value(`${numbers}/${rows}`, rows, numbers))),
    });
    expect(scrfd.manifest).toMatchObject({
      task: 'pose',
      input: { mean: 127.5, std: 128 },
      output: { decoder: 'scrfd', heads: [{ stride: 8, scores: '1/128', boxes: '4/128', points: '10/128' }, {}, {}] },
    });
  });
});

describe('files that say nothing', () => {
  it('asks for the characters of a text recognizer', () => {
    const nodes = [{ op: 'Softmax', inputs: ['x'], outputs: ['probs'] }];
    const { manifest, questions } = propose({
      inputs: [{ name: 'x', shape: [1, 3, 32, 320] }],
      outputs: [value('probs', 1, 40, 97)],
      nodes,
    });
    expect(manifest).toMatchObject({ task: 'text-recognition', output: { decoder: 'ctc' } });
    expect(manifest['input']).toMatchObject({ steps: [{ height: 32, maxWidth: 320 }, { width: 320 }, {}] });
    expect(questions.flatMap(({ keys }) => keys)).toEqual(['output.dictionary']);
  });

  it('a model of anomalib tells scores and map by their names, and takes pixels of 0..1', () => {
    const { manifest, labels } = propose({
      inputs: [{ name: 'input', shape: ['batch', 3, 256, 256] }],
      outputs: [
        value('pred_score', 'batch', 1),
        value('pred_label', 'batch', 1),
        value('anomaly_map', 'batch', 1, 256, 256),
      ],
    });
    expect(manifest).toMatchObject({
      task: 'anomaly',
      input: { name: 'input', width: 256, height: 256, std: 255 },
      output: { decoder: 'anomaly', score: 'pred_score', map: 'anomaly_map' },
    });
    expect(manifest).not.toHaveProperty('labels');
    expect(labels).toBeUndefined();
  });

  it('EfficientDet is told by the channels of its levels', () => {
    const sides = [64, 32, 16, 8, 4];
    const { manifest, questions } = propose({
      inputs: [image(512)],
      outputs: [
        ...sides.map((side) => value(`class_${side}`, 1, 9 * 90, side, side)),
        ...sides.map((side) => value(`box_${side}`, 1, 36, side, side)),
      ],
    });
    const heads = sides.map((side) => ({ stride: 512 / side, scores: `class_${side}`, boxes: `box_${side}` }));
    expect(manifest['output']).toEqual({ decoder: 'efficientdet', heads });
    expect(questions.flatMap(({ keys }) => keys)).toEqual(['input.mean', 'input.std']);
  });

  it('NanoDet-Plus is told by the cells of four strides, and asks whether it is one', () => {
    const { manifest, questions } = propose({ inputs: [image(416)], outputs: [value('output', 1, 3598, 112)] });
    expect(manifest['output']).toMatchObject({ decoder: 'gfl', strides: [8, 16, 32, 64], bins: 8 });
    expect(manifest['input']).toMatchObject({ color: 'BGR', mean: [103.53, 116.28, 123.675] });
    expect(questions.flatMap(({ keys }) => keys)).toEqual(['output.decoder', 'input.color', 'input.mean', 'input.std']);
  });

  it.each([
    ['by its name', value('image_embeds', 'batch', 512), [], {}],
    ['by its length of 1', value('out', 1, 128), ['ReduceL2', 'Div'], {}],
    ['by the rows of a backbone', value('last_hidden_state', 1, 257, 384), [], { pooling: 'first' }],
  ])('an embedding is told %s, and its pixels are asked for', (_, output, ops, pooling) => {
    const nodes = ops.map((op, at) => ({
      op,
      inputs: [at === 0 ? 'x' : ops[at - 1]!, 'y'],
      outputs: [at === ops.length - 1 ? output.name : op],
    }));
    const found = propose({ inputs: [{ name: 'pixels', shape: [1, 3, 224, 224] }], outputs: [output], nodes });
    expect(found.manifest).toMatchObject({
      task: 'embedding',
      output: { decoder: 'embedding', output: output.name, ...pooling },
    });
    expect(found.manifest).not.toHaveProperty('labels');
    expect(found.questions.flatMap(({ keys }) => keys)).toEqual(['input.mean', 'input.std']);
  });

  it('a text recognizer that gives as many characters as there are is not a classifier', () => {
    const { manifest, notes } = propose({
      inputs: [{ name: 'input1', shape: [1, 1, 64, 'image_width'] }],
      outputs: [value('387', 1, 'seqlen')],
    });
    expect(manifest).toMatchObject({ task: 'tensor', output: { decoder: 'tensor' } });
    expect(notes.join()).toContain('"387" [1, seqlen] does not have a fixed number of classes');
  });

  it.each([
    ['torchvision', [value('out', 1, 21, 520, 520), value('aux', 1, 21, 520, 520)], { activation: 'softmax' }],
    ['Transformers', [value('logits', 1, 150, 130, 130)], { output: 'logits', activation: 'softmax' }],
    ['who gives the classes', [{ ...value('y', 1, 520, 520), type: 'int64' as const }], { values: 'classes' }],
  ])('segmenters of %s are asked whether they are some', (_whose, outputs, output) => {
    const { manifest, questions } = propose({ inputs: [image(520)], outputs });
    expect(manifest).toMatchObject({ task: 'semantic-segmentation', output: { decoder: 'segmentation', ...output } });
    expect(questions.map(({ keys }) => keys)).toEqual([['output.decoder'], ['input.mean', 'input.std']]);
  });

  it('maps of another shape than the picture are not decoded', () => {
    const { manifest } = propose({ inputs: [image(520)], outputs: [value('features', 1, 128, 16, 17)] });
    expect(manifest['task']).toBe('tensor');
  });

  it('a model of bytes, as magika, is not a classifier of images', () => {
    const { manifest, notes } = propose({
      inputs: [{ name: 'bytes', type: 'int32', shape: ['n', 2048] }],
      outputs: [value('target_label', 'n', 214)],
    });
    expect(manifest).toMatchObject({ task: 'tensor', output: { decoder: 'tensor' } });
    expect(manifest).not.toHaveProperty('input');
    expect(manifest).not.toHaveProperty('labels');
    expect(notes.join()).toContain('"bytes" int32 [n, 2048]; the model takes tensors');
  });

  it('a state is told by its name, as in silero-vad', () => {
    const { manifest, notes } = propose({
      inputs: [
        { name: 'input', shape: ['?', '?'] },
        { name: 'state', shape: [2, '?', 128] },
        { name: 'sr', type: 'int64', shape: [] },
      ],
      outputs: [value('output', '?', 1), value('stateN', '?', '?', '?')],
    });
    expect(manifest['tensors']).toEqual({ state: { shape: [2, 1, 128], from: 'stateN' } });
    expect(notes.join()).toContain('tensors.input.shape: the model leaves sizes free');
  });

  it('a table whose size is free is not decoded', () => {
    const { manifest, notes } = propose({ outputs: [value('out', 'n', 'a', 'b')] });
    expect(manifest['task']).toBe('tensor');
    expect(notes.join()).toContain('the size of "out" [n, a, b] is free, so its family cannot be told');
  });

  it("DETR's kin: center and size as fractions, and what is not known is asked for", () => {
    const { manifest, questions } = propose({ outputs: [value('logits', 1, 300, 80), value('pred_boxes', 1, 300, 4)] });
    expect(manifest['output']).toMatchObject({
      decoder: 'ssd',
      boxes: 'pred_boxes',
      boxFormat: 'cxcywh',
      scores: 'logits',
      nms: 'none',
    });
    expect(questions.map(({ keys }) => keys.join())).toEqual(['output.activation', 'input.mean,input.std']);
    expect(manifest['output']).toMatchObject({ activation: 'softmax', backgroundClass: 79, classesPerBox: 'best' });
  });

  it('tells RT-DETR and D-FINE from DETR by their deformable attention', () => {
    const { manifest, questions } = propose({
      outputs: [value('logits', 1, 300, 80), value('pred_boxes', 1, 300, 4)],
      nodes: [{ op: 'GridSample', inputs: ['a', 'b'], outputs: ['c'] }],
    });
    expect(manifest['output']).toMatchObject({ decoder: 'ssd', activation: 'sigmoid' });
    expect(manifest['output']).not.toHaveProperty('backgroundClass');
    expect(questions.map(({ keys }) => keys.join())).toEqual(['input.mean,input.std']);
  });

  it('YOLO-NAS is told from SSD by one box for each cell of its grids', () => {
    const { manifest, questions } = propose({ outputs: [value('output', 1, 8400, 4), value('913', 1, 8400, 80)] });
    expect(manifest).toMatchObject({
      input: LETTERBOX,
      output: { decoder: 'ssd', boxes: 'output', boxFormat: 'xyxy', coordinates: 'pixels', scores: '913' },
    });
    expect(manifest['output']).not.toHaveProperty('backgroundClass');
    expect(questions.map(({ keys }) => keys.join())).toEqual(['input.mean,input.std']);
  });

  it("RT-DETR's own export gets the size that it asks for", () => {
    const { manifest } = propose({
      inputs: [image(640), { name: 'orig_target_sizes', type: 'int64', shape: ['N', 2] }],
      outputs: [value('labels', 'N', 300), value('boxes', 'N', 300, 4), value('scores', 'N', 300)],
    });
    expect(manifest).toMatchObject({
      output: { decoder: 'ssd', boxes: 'boxes', coordinates: 'pixels' },
      tensors: { orig_target_sizes: { shape: [1, 2], value: [640, 640] } },
    });
  });

  it('YOLOX is told from others of its shape by leaving its grid to the reader', () => {
    const outputs = [value('output', 1, 3549, 85)];
    const inputs = [image(416)];
    const nodes = [
      { op: 'Sigmoid', inputs: ['a'], outputs: ['b'] },
      { op: 'Concat', inputs: ['b'], outputs: ['c'] },
      { op: 'Transpose', inputs: ['c'], outputs: ['output'] },
    ];
    expect(propose({ inputs, outputs, nodes }).manifest['output']).toMatchObject({ decoder: 'yolox' });
    const decoded = [...nodes.slice(0, 2), { op: 'Mul', inputs: ['c', 'd'], outputs: ['output'] }];
    expect(propose({ inputs, outputs, nodes: decoded }).manifest['output']).toMatchObject({ decoder: 'yolov5' });
  });

  it('sequences are refused with what to do', () => {
    const { notes } = propose({
      inputs: [image(8)],
      outputs: [{ name: 'probabilities', shape: [1], isSequence: true }],
    });
    expect(notes.join()).toContain('the agent cannot load this model: it gives "probabilities" (sequence)');
  });

  it('hostile metadata ends in no proposal from it, and in no fault', () => {
    for (const text of ['{'.repeat(100_000), "{0: 'a'", "['\\", '{0: 1}', '(1, 2', '"', "{1: 'b', 0: 'a'} x", 'None'])
      expect(
        propose({
          outputs: [value('output0', 1, 84, 8400)],
          metadata: { ...ultralytics('detect', 640, 80), names: text, imgsz: text },
        }).labels,
      ).toBeUndefined();
  });
});
