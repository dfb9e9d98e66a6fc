import type { ProposedInput } from './propose-input.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';
import { MINUS_ONE_TO_ONE, ZERO_TO_ONE, classifierPixels, normalised } from './propose-pixels.ts';
import type { Note, Pixels } from './propose-pixels.ts';

export interface ProposedOutput {
  readonly task: 'image-classification' | 'object-detection' | 'tensor';
  readonly output: Readonly<Record<string, unknown>>;
  /** How pixels become numbers in this family. */
  readonly pixels: Pixels;
}

type Guess = (model: OnnxModel, input: ProposedInput, note: Note) => ProposedOutput | undefined;

/** The first family that fits. */
export function proposeOutput(model: OnnxModel, input: ProposedInput, note: Note): ProposedOutput {
  for (const guess of [finishedDetector, yolov3Heads, boxesAndScores, oneTable, classifier]) {
    const proposal = guess(model, input, note);
    if (proposal) return proposal;
  }
  note('no known family: the raw tensors are given out');
  return { task: 'tensor', output: { decoder: 'tensor' }, pixels: {} };
}

/** TensorFlow's and torchvision's detectors, whose graph ends in suppression. */
const finishedDetector: Guess = ({ outputs }, input, note) => {
  const find = (pattern: RegExp): OnnxValue | undefined => outputs.find(({ name }) => pattern.test(name));
  const boxes = find(/boxes/i);
  const scores = find(/scores/i);
  const classes = find(/classes|labels|class_ids/i);
  const count = find(/num_?detections|num_dets/i);
  if (!boxes || !scores || !classes) return undefined;
  const isTensorFlow = boxes.name.startsWith('detection_');
  note(
    isTensorFlow
      ? 'output.classOffset: 1 where labels.txt has a background row and the classes of the graph count from 0'
      : 'output.coordinates: "pixels" fits torchvision; "normalized" where boxes are fractions',
  );
  return {
    task: 'object-detection',
    output: {
      decoder: 'ssd',
      boxes: boxes.name,
      boxFormat: isTensorFlow ? 'yxyx' : 'xyxy',
      ...(isTensorFlow ? {} : { coordinates: 'pixels' }),
      scores: scores.name,
      classes: classes.name,
      ...(count ? { count: count.name } : {}),
    },
    pixels: isTensorFlow
      ? normalised(input, MINUS_ONE_TO_ONE, note, 'TensorFlow')
      : normalised(input, ZERO_TO_ONE, note, 'torchvision'),
  };
};

/** Darknet's raw heads: a grid of anchors · (5 + classes) for each stride. */
const yolov3Heads: Guess = ({ outputs }, input, note) => {
  const strides = outputs.map((output) => strideOf(output, input));
  if (outputs.length === 0 || strides.some((stride) => stride === undefined)) return undefined;
  note('output.heads: the anchors are those of YOLOv3 on COCO; take those of your .cfg, and scaleXY from scale_x_y');
  return {
    task: 'object-detection',
    output: {
      decoder: 'yolov3',
      heads: outputs.map((output, index) => ({
        output: output.name,
        stride: strides[index],
        anchors: YOLOV3_ANCHORS[strides[index] as 8 | 16 | 32],
      })),
    },
    pixels: normalised(input, ZERO_TO_ONE, note, 'Darknet'),
  };
};

/** Boxes [1, N, 4] and scores [1, N, C]: SSD without suppression. */
const boxesAndScores: Guess = ({ outputs }, input, note) => {
  if (outputs.length !== 2) return undefined;
  const boxes = outputs.find(
    ({ shape, name }) => shape.length === 3 && shape[2] === 4 && !/score|conf|cls/i.test(name),
  );
  const scores = outputs.find((output) => output !== boxes && output.shape.length === 3);
  if (!boxes || !scores || boxes.shape[1] !== scores.shape[1]) return undefined;
  note('output.backgroundClass: 0 is usual; leave it out where every column is a class');
  note('output.priors and variances: needed where the boxes are offsets from priors; check that boxes lie within 0..1');
  return {
    task: 'object-detection',
    output: { decoder: 'ssd', boxes: boxes.name, boxFormat: 'xyxy', scores: scores.name, backgroundClass: 0 },
    pixels: normalised(input, MINUS_ONE_TO_ONE, note, 'SSD'),
  };
};

/** One table [1, N, K] or [1, K, N]. */
const oneTable: Guess = ({ outputs }, input, note) => {
  const [output] = outputs;
  if (!output || output.shape.length !== 3 || outputs.length > 1) return undefined;
  const [, first, second] = output.shape;
  if (typeof second === 'number' && (second === 6 || second === 7) && (typeof first !== 'number' || first <= 1000))
    return rows(output, second, input, note);
  if (typeof first !== 'number' || typeof second !== 'number') {
    note('the shape of the output is free, so the family of the detector cannot be told; yolov8 is a guess');
    return yolo('yolov8', output, input, note);
  }
  const cells = [8, 16, 32].reduce(
    (sum, stride) => sum + Math.floor(input.width / stride) * Math.floor(input.height / stride),
    0,
  );
  if (first < second && first > 4) return yolo('yolov8', output, input, note);
  if (first === 3 * cells && second > 5) return yolo('yolov5', output, input, note);
  if (first === cells && second > 5) return yolox(output, note);
  return first > second && second > 5 ? yolo('yolov5', output, input, note) : undefined;
};

function rows(output: OnnxValue, width: number, input: ProposedInput, note: Note): ProposedOutput {
  const columns = width === 7 ? 'image-class-score-box' : 'box-score-class';
  note(
    `output.columns: "${columns}" is a guess for rows of ${width}; "class-score-box" is what MXNet and SageMaker write`,
  );
  note('output.coordinates: "pixels" or "normalized"; run an image and look');
  return {
    task: 'object-detection',
    output: { decoder: 'ssd', output: output.name, columns, ...(width === 6 ? { coordinates: 'pixels' } : {}) },
    pixels: normalised(input, ZERO_TO_ONE, note, 'Ultralytics'),
  };
}

function yolo(decoder: 'yolov5' | 'yolov8', output: OnnxValue, input: ProposedInput, note: Note): ProposedOutput {
  return {
    task: 'object-detection',
    output: { decoder, output: output.name },
    pixels: { resize: 'letterbox', ...normalised(input, ZERO_TO_ONE, note, 'Ultralytics') },
  };
}

function yolox(output: OnnxValue, note: Note): ProposedOutput {
  note('YOLOX takes BGR pixels as they are (models from before 0.1.1rc0 are normalised)');
  return {
    task: 'object-detection',
    output: { decoder: 'yolox', output: output.name, strides: [8, 16, 32] },
    pixels: { color: 'BGR', resize: 'letterbox', align: 'top-left' },
  };
}

/** One score per class: rank 2, or rank 4 with a single pixel. */
const classifier: Guess = (model, input, note) => {
  const output = model.outputs[0];
  if (!output || model.outputs.length > 1 || ![2, 4].includes(output.shape.length)) return undefined;
  if (output.shape.length === 4 && (output.shape[2] !== 1 || output.shape[3] !== 1)) return undefined;
  return {
    task: 'image-classification',
    output: { decoder: 'classification', output: output.name, ...activationOf(model, output, note) },
    pixels: classifierPixels(model, input, output, note),
  };
};

/** What is still to be done to the scores, by the operator that makes them. */
function activationOf(model: OnnxModel, output: OnnxValue, note: Note): Readonly<Record<string, unknown>> {
  const maker = (name: string | undefined) =>
    model.nodes.find((node) => name !== undefined && node.outputs.includes(name));
  let node = maker(output.name);
  const scales: Record<string, number> = {};
  if (node?.op === 'QuantizeLinear') {
    const scalar = (name: string | undefined): number | undefined =>
      model.weights.find((weight) => weight.name === name)?.scalar;
    scales['scale'] = scalar(node.inputs[1]) ?? 1;
    const zeroPoint = scalar(node.inputs[2]) ?? 0;
    if (zeroPoint !== 0) scales['zeroPoint'] = zeroPoint;
  }
  for (let step = 0; step < 6 && node && PASSING.has(node.op); step++) node = maker(node.inputs[0]);
  if (node?.op === 'Softmax' || node?.op === 'Sigmoid') return { activation: 'none', ...scales };
  note(
    'output.activation: the graph seems to end in raw scores; "softmax" for one class per image, "sigmoid" for several',
  );
  return { activation: 'softmax', ...scales };
}

const PASSING = new Set([
  'QuantizeLinear',
  'DequantizeLinear',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Identity',
  'Cast',
  'Transpose',
  'Unsqueeze',
]);

/** The stride whose grid the output has, with 3 anchors of at least 5 attributes per cell; undefined where it is no such head. */
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
