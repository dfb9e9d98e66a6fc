import { activationOf } from './propose-classifier.ts';
import { ZERO_TO_ONE } from './propose-pixels.ts';
import { locatedTask, pixelClasses } from './propose-ultralytics-tasks.ts';
import { rawTensors } from './proposed-output.ts';
import type { Evidence, Guess, ProposedOutput } from './proposed-output.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';

/** As `yolo predict` has it. */
const DETECTION = { scoreThreshold: 0.25, iouThreshold: 0.7 };
/** Columns of finished rows: box, score, class. */
const ROW = 6;

/**
 * Files that Ultralytics wrote, and YOLOv5's and v7's own scripts: they say what they are.
 * Source: Ultralytics, engine/exporter.py, nn/modules/head.py, models/rtdetr and data/augment.py, read as specifications.
 */
export const ultralytics: Guess = (evidence) => {
  const { facts } = evidence;
  if (!facts.isUltralytics) return undefined;
  const { task } = facts;
  if (task === undefined || task === 'detect') return detector(evidence);
  if (task === 'classify') return classifier(evidence);
  if (task === 'semantic') {
    return { ...pixelClasses(evidence), pixels: { ...letterbox(evidence), ...pixelsOf(evidence) } };
  }
  return { ...locatedTask(evidence, DETECTION), pixels: { ...letterbox(evidence), ...pixelsOf(evidence) } };
};

function detector(evidence: Evidence): ProposedOutput {
  const { model, facts, findings } = evidence;
  const [output] = model.outputs;
  if (!output || model.outputs.length > 1 || output.shape.length !== 3) {
    const shapes = model.outputs.map(({ name, shape }) => `"${name}" [${shape.join(', ')}]`).join(', ');
    return rawTensors(findings, `a detector of Ultralytics ends in one table, and this one in ${shapes}`);
  }
  const [, first, second] = output.shape;
  const classes = facts.labels?.length;
  // Deformable attention, which no YOLO has, samples a grid.
  const isTransformer = /rt-?detr/i.test(facts.description) || model.nodes.some(({ op }) => op === 'GridSample');
  const isYolov5 = classes === ROW - 5 && first !== undefined && !isFew(first);
  if (second === ROW && !isTransformer && !isYolov5 && (facts.isFinished || isFew(first))) {
    return finishedRows(output, evidence);
  }
  if (second === ROW && isTransformer && (classes !== ROW - 4 || isClassLast(model, output))) {
    return finishedQueries(output, evidence);
  }
  if (classes === undefined) return rawTensors(findings, 'the exporter does not say the names of the classes');
  // A small YOLO may have as many cells as columns.
  if (first === 4 + classes && !isTransformer) return table('yolov8', output, evidence);
  if (second === 4 + classes && (isTransformer || isFew(first))) return transformer(output, evidence);
  if (second === 5 + classes) return table('yolov5', output, evidence);
  return rawTensors(
    findings,
    `the exporter names ${classes} classes, which does not fit the output "${output.name}" [${output.shape.join(', ')}]`,
  );
}

/** Queries of a transformer, not cells of a grid. */
function isFew(rows: number | string | undefined): boolean {
  return typeof rows === 'number' && rows <= 1000;
}

function table(decoder: 'yolov5' | 'yolov8', output: OnnxValue, evidence: Evidence): ProposedOutput {
  return detection(evidence, { decoder, output: output.name, ...DETECTION });
}

function finishedRows(output: OnnxValue, evidence: Evidence): ProposedOutput {
  const { scoreThreshold } = DETECTION;
  return detection(evidence, {
    decoder: 'ssd',
    output: output.name,
    columns: 'box-score-class',
    coordinates: 'pixels',
    scoreThreshold,
  });
}

/** Whether the last column of a table is the number of a class, which was whole before, and not its score. */
function isClassLast({ nodes }: OnnxModel, output: OnnxValue): boolean {
  const makerOf = (name: string | undefined) =>
    nodes.find(({ outputs }) => name !== undefined && outputs.includes(name));
  const last = makerOf(output.name);
  // Of half precision, the whole table is made float32 again.
  const table = last?.op === 'Cast' ? makerOf(last.inputs[0]) : last;
  return table?.op === 'Concat' && makerOf(table.inputs.at(-1))?.op === 'Cast';
}

/** RT-DETR as of Ultralytics 8.4: the best classes of all queries, each with center and size as fractions. */
function finishedQueries(output: OnnxValue, evidence: Evidence): ProposedOutput {
  const { scoreThreshold } = DETECTION;
  const form = { columns: 'box-score-class', boxFormat: 'cxcywh', coordinates: 'normalized' };
  const spec = { decoder: 'ssd', output: output.name, ...form, scoreThreshold };
  return { ...detection(evidence, spec), pixels: pixelsOf(evidence) };
}

/** RT-DETR before: one row a query, boxes as fractions, no suppression needed; the image is stretched. */
function transformer(output: OnnxValue, evidence: Evidence): ProposedOutput {
  const { scoreThreshold } = DETECTION;
  const spec = { decoder: 'yolov8', output: output.name, coordinates: 'normalized', nms: 'none', scoreThreshold };
  return { ...detection(evidence, spec), pixels: pixelsOf(evidence) };
}

function detection(evidence: Evidence, output: Readonly<Record<string, unknown>>): ProposedOutput {
  return { task: 'object-detection', output, pixels: { ...letterbox(evidence), ...pixelsOf(evidence) } };
}

/**
 * With `dynamic=True` Ultralytics predicts on rectangles: bars reach to the next multiple of the stride only.
 * Source: Ultralytics, engine/predictor.py (pre_transform) and data/augment.py (LetterBox), read as specifications.
 */
function letterbox({ model, facts, input, findings }: Evidence): Readonly<Record<string, unknown>> {
  const stride = facts.dynamicStride;
  const shape = model.inputs.find(({ name }) => name === input.name)?.shape ?? [];
  const isFree = (input.layout === 'NCHW' ? shape.slice(2) : shape.slice(1, 3)).every(
    (side) => typeof side !== 'number',
  );
  if (stride === undefined || !isFree) return { resize: 'letterbox' };
  const { width, height } = input;
  findings.note(
    `input.steps: exported with dynamic=True, so pictures keep their shape within ${width} × ${height}, filled up to multiples of ${stride}`,
  );
  return {
    steps: [
      { step: 'resize', width, height, mode: 'contain' },
      { step: 'pad', multiple: stride },
    ],
  };
}

/** The short side becomes the model's, the middle is kept; no mean, unlike torchvision's classifiers. */
function classifier(evidence: Evidence): ProposedOutput {
  const { model, findings } = evidence;
  const [output] = model.outputs;
  if (!output || model.outputs.length > 1) return rawTensors(findings, 'a classifier of Ultralytics has one output');
  return {
    task: 'image-classification',
    output: { decoder: 'classification', output: output.name, ...activationOf(model, output, findings) },
    pixels: { resize: 'center-crop', filter: 'area', ...pixelsOf(evidence) },
  };
}

function pixelsOf({ input }: Evidence): Readonly<Record<string, unknown>> {
  return input.dtype === 'uint8' ? {} : ZERO_TO_ONE;
}
