import type { Findings } from './findings.ts';
import type { ProposedInput } from './propose-input.ts';
import { askForPixels, IMAGENET, MINUS_ONE_TO_ONE, ZERO_TO_ONE } from './propose-pixels.ts';
import { makerOf, rawTensors } from './proposed-output.ts';
import type { Evidence, Guess, ProposedOutput } from './proposed-output.ts';
import type { OnnxValue } from './read-onnx.ts';

/** TensorFlow's and torchvision's detectors, whose graph ends in suppression, and RT-DETR's own export. */
export const finishedDetector: Guess = ({ model: { inputs, outputs }, input, facts, findings }) => {
  const find = (pattern: RegExp): OnnxValue | undefined => outputs.find(({ name }) => pattern.test(name));
  const boxes = find(/boxes/i);
  const scores = find(/scores/i);
  const classes = find(/classes|labels|class_ids/i);
  const count = find(/num_?detections|num_dets/i);
  if (!boxes || !scores || !classes) return undefined;
  const names = { boxes: boxes.name, scores: scores.name, classes: classes.name };
  if (boxes.name.startsWith('detection_')) {
    findings.note('output.classOffset: 1 if labels.txt has a background row and the classes of the graph count from 0');
    return {
      task: 'object-detection',
      output: { decoder: 'ssd', ...names, boxFormat: 'yxyx', ...(count ? { count: count.name } : {}) },
      pixels: askForPixels(input, facts, MINUS_ONE_TO_ONE, "TensorFlow's detectors", findings),
    };
  }
  const sizes = inputs.find(({ name }) => /^(orig_target_sizes|orig_size|image_size)s?$/i.test(name));
  if (sizes && inputs.length === 2) {
    findings.note(
      `tensors.${sizes.name}: boxes come in pixels of the size that this input says; it gets the model's own`,
    );
    return {
      task: 'object-detection',
      output: { decoder: 'ssd', ...names, boxFormat: 'xyxy', coordinates: 'pixels' },
      pixels: askForPixels(input, facts, ZERO_TO_ONE, 'RT-DETR', findings),
      tensors: { [sizes.name]: { shape: [1, 2], value: [input.width, input.height] } },
    };
  }
  // torchvision's graphs normalize by themselves, and give boxes without a batch.
  const isTorchvision = boxes.shape.length === 2;
  if (!isTorchvision) {
    findings.ask(
      ['output.coordinates'],
      `"${boxes.name}" may hold "pixels" of the model's input or fractions of it ("normalized"); pixels are usual`,
    );
  }
  return {
    task: 'object-detection',
    output: {
      decoder: 'ssd',
      ...names,
      boxFormat: 'xyxy',
      coordinates: 'pixels',
      ...(count ? { count: count.name } : {}),
    },
    pixels: isTorchvision
      ? input.dtype === 'uint8'
        ? {}
        : ZERO_TO_ONE
      : askForPixels(input, facts, ZERO_TO_ONE, 'detectors of PyTorch', findings),
  };
};

/** DETR and its kin: boxes as center and size in 0..1, a score per class for each query, nothing to suppress. */
export const queries: Guess = ({ model: { outputs, nodes }, input, facts, findings }) => {
  const named = (boxes: string, scores: string) => {
    const [first, second] = [boxes, scores].map((name) => outputs.find((output) => output.name === name));
    return first?.shape[2] === 4 && second?.shape.length === 3 ? ([first, second] as const) : undefined;
  };
  const fromTransformers = named('pred_boxes', 'logits');
  const pair = fromTransformers ?? named('dets', 'labels');
  if (!pair) return undefined;
  const [boxes, scores] = pair;
  const output = { decoder: 'ssd', boxes: boxes.name, boxFormat: 'cxcywh', scores: scores.name, nms: 'none' };
  // Deformable attention, which samples a grid, came together with a sigmoid for each class.
  if (fromTransformers && !nodes.some(({ op }) => op === 'GridSample')) {
    findings.ask(
      ['output.activation'],
      '"logits" are raw: "softmax" in DETR and YOLOS, whose last column (output.backgroundClass) means nothing; "sigmoid" in RT-DETR and D-FINE',
    );
    const columns = scores.shape[2];
    return {
      task: 'object-detection',
      output: {
        ...output,
        activation: 'softmax',
        ...(typeof columns === 'number' ? { backgroundClass: columns - 1 } : {}),
        classesPerBox: 'best',
      },
      pixels: askForPixels(input, facts, IMAGENET, 'DETR', findings),
    };
  }
  return {
    task: 'object-detection',
    output: { ...output, activation: 'sigmoid' },
    pixels: fromTransformers
      ? askForPixels(input, facts, ZERO_TO_ONE, 'RT-DETR', findings)
      : askForPixels(input, facts, IMAGENET, 'RF-DETR', findings),
  };
};

/** Darknet's raw heads: a grid of anchors · (5 + classes) for each stride. */
export const yolov3Heads: Guess = ({ model: { outputs }, input, facts, findings }) => {
  const strides = outputs.map((output) => strideOf(output, input));
  if (outputs.length === 0 || strides.some((stride) => stride === undefined)) return undefined;
  const written = strides.map((stride) => facts.heads?.find((head) => head.stride === stride));
  const isWritten = written.every((head) => head !== undefined);
  if (!isWritten) {
    findings.ask(
      ['output.heads'],
      'the file does not say the anchors; those of YOLOv3 on COCO are proposed: take those of your .cfg, and scaleXY from scale_x_y',
    );
  }
  return {
    task: 'object-detection',
    output: {
      decoder: 'yolov3',
      heads: outputs.map((output, index) => {
        const head = isWritten ? written[index] : undefined;
        const anchors = head?.anchors ?? YOLOV3_ANCHORS[strides[index] as 8 | 16 | 32];
        const scale = head && head.scaleXY !== 1 ? { scaleXY: head.scaleXY } : {};
        return { output: output.name, stride: strides[index], anchors, ...scale };
      }),
    },
    // All of Darknet's models have these.
    pixels: input.dtype === 'uint8' ? {} : ZERO_TO_ONE,
  };
};

/**
 * Boxes [1, N, 4] and scores [1, N, C]: YOLO-NAS if there is one box for each cell of its grids, in pixels and with scores from 0 to 1;
 * else SSD without suppression.
 */
export const boxesAndScores: Guess = ({ model: { outputs }, input, facts, findings }) => {
  if (outputs.length !== 2) return undefined;
  const boxes = outputs.find(
    ({ shape, name }) => shape.length === 3 && shape[2] === 4 && !/score|conf|cls/i.test(name),
  );
  const scores = outputs.find((output) => output !== boxes && output.shape.length === 3);
  if (!boxes || !scores || boxes.shape[1] !== scores.shape[1]) return undefined;
  if (boxes.shape[1] === cellsOf([8, 16, 32], input)) {
    return {
      task: 'object-detection',
      output: {
        decoder: 'ssd',
        boxes: boxes.name,
        boxFormat: 'xyxy',
        coordinates: 'pixels',
        scores: scores.name,
        iouThreshold: 0.7,
      },
      pixels: { resize: 'letterbox', ...askForPixels(input, facts, ZERO_TO_ONE, 'YOLO-NAS', findings) },
    };
  }
  findings.ask(
    ['output.boxFormat'],
    `"${boxes.name}" may be corners (xyxy, yxyx), center and size (cxcywh), or offsets from priors; xyxy is proposed`,
  );
  findings.note('output.backgroundClass: 0 is usual; leave it out if every column is a class');
  findings.note(
    'output.priors and variances: needed if the boxes are offsets from priors; check that boxes lie within 0..1',
  );
  return {
    task: 'object-detection',
    output: { decoder: 'ssd', boxes: boxes.name, boxFormat: 'xyxy', scores: scores.name, backgroundClass: 0 },
    pixels: askForPixels(input, facts, MINUS_ONE_TO_ONE, 'SSD', findings),
  };
};

/** One table [1, N, K] or [1, K, N] of a file whose exporter wrote nothing: by the number of cells of its grids. */
export const oneTable: Guess = (evidence) => {
  const { model, input, findings } = evidence;
  const [output] = model.outputs;
  if (!output || output.shape.length !== 3 || model.outputs.length > 1) return undefined;
  const [, first, second] = output.shape;
  if (typeof first !== 'number' || typeof second !== 'number') {
    if (second === 6 || second === 7) return rows(output, second, evidence);
    return rawTensors(
      findings,
      `the size of "${output.name}" [${output.shape.join(', ')}] is free, so its family cannot be told`,
    );
  }
  if ((second === 6 || second === 7) && first <= 1000) return rows(output, second, evidence);
  const grids = GRIDS.map((strides) => cellsOf(strides, input));
  if (grids.includes(second) && first > 4) {
    findings.note(
      `"${output.name}": ${first} rows are boxes and ${first - 4} classes, if these are not key points, masks or angles`,
    );
    return yolo('yolov8', output, input);
  }
  if (second > 5 && grids.some((cells) => first === 3 * cells)) return yolo('yolov5', output, input);
  if (second > 5 && grids.includes(first)) {
    // YOLOX leaves its grids to the reader; others with this shape have decoded them.
    return isRawGrid(evidence, output) ? yolox(output, findings) : yolo('yolov5', output, input);
  }
  return undefined;
};

/** Strides of YOLO's grids, together: the usual three, with one for small objects, with one for large ones, tiny. */
const GRIDS: readonly (readonly number[])[] = [
  [8, 16, 32],
  [4, 8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
];

function cellsOf(strides: readonly number[], { width, height }: ProposedInput): number {
  return strides.reduce((sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride), 0);
}

function isRawGrid({ model }: Evidence, output: OnnxValue): boolean {
  return makerOf(model, output) === 'Concat' && model.nodes.some(({ op }) => op === 'Sigmoid');
}

function rows(output: OnnxValue, width: 6 | 7, { input, facts, findings }: Evidence): ProposedOutput {
  const columns = width === 7 ? 'image-class-score-box' : 'box-score-class';
  findings.ask(
    ['output.columns', 'output.coordinates'],
    `rows of ${width} may be box, score and class (YOLO), class, score and box (MXNet, SageMaker), with the image before (Caffe) or an ` +
      `angle behind, in pixels or fractions; "${columns}" is proposed`,
  );
  return {
    task: 'object-detection',
    output: { decoder: 'ssd', output: output.name, columns, ...(width === 6 ? { coordinates: 'pixels' } : {}) },
    pixels: askForPixels(input, facts, ZERO_TO_ONE, 'YOLO', findings),
  };
}

function yolo(decoder: 'yolov5' | 'yolov8', output: OnnxValue, input: ProposedInput): ProposedOutput {
  return {
    task: 'object-detection',
    output: { decoder, output: output.name },
    // One and the same in all of this layout.
    pixels: { resize: 'letterbox', ...(input.dtype === 'uint8' ? {} : ZERO_TO_ONE) },
  };
}

function yolox(output: OnnxValue, findings: Findings): ProposedOutput {
  findings.note('YOLOX takes BGR pixels as they are (models from before 0.1.1rc0 are normalized)');
  return {
    task: 'object-detection',
    output: { decoder: 'yolox', output: output.name, strides: [8, 16, 32] },
    pixels: { color: 'BGR', resize: 'letterbox', align: 'top-left' },
  };
}

/** The stride whose grid the output has, with 3 anchors of at least 5 attributes per cell; undefined if it is not such a head. */
function strideOf({ shape }: OnnxValue, input: ProposedInput): 8 | 16 | 32 | undefined {
  const sides = shape.filter((side): side is number => typeof side === 'number');
  if (shape.length !== 4 && shape.length !== 5) return undefined;
  for (const stride of [8, 16, 32] as const) {
    const [columns, rows] = [input.width / stride, input.height / stride];
    const at = sides.findIndex((side, index) => side === rows && sides[index + 1] === columns);
    const perCell = sides.reduce(
      (product, side, index) => (index === at || index === at + 1 ? product : product * side),
      1,
    );
    if (at >= 0 && perCell >= 15 && perCell % 3 === 0) return stride;
  }
  return undefined;
}

const YOLOV3_ANCHORS = {
  8: [
    [10, 13],
    [16, 30],
    [33, 23],
  ],
  16: [
    [30, 61],
    [62, 45],
    [59, 119],
  ],
  32: [
    [116, 90],
    [156, 198],
    [373, 326],
  ],
} as const;
