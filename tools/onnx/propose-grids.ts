import { askForPixels, IMAGENET } from './propose-pixels.ts';
import type { Evidence, Guess } from './proposed-output.ts';
import type { OnnxValue } from './read-onnx.ts';

/** NanoDet's usual pixels: OpenCV's order of colors, ImageNet's numbers. */
const NANODET = { color: 'BGR', mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395] };
const STRIDES = [4, 8, 16, 32, 64, 128] as const;
/** Most numbers of a distribution over distances that exports have; more is not such a distribution. */
const MOST_BINS = 33;

/**
 * PicoDet and NanoDet with heads of their own for each stride: scores [1, cells, classes] and distributions [1, cells, 4 · bins], told by
 * the number of cells. Paddle's converter writes the classes into the file, RapidOCR's family as `character`.
 */
export const distanceHeads: Guess = (evidence) => {
  const { model: { outputs }, input, facts, findings } = evidence; // prettier-ignore
  if (outputs.length < 4 || outputs.length % 2 !== 0 || outputs.some(({ shape }) => shape.length !== 3))
    return undefined;
  const half = outputs.length / 2;
  const heads = outputs.slice(0, half).map((scores, at) => ({ scores, boxes: outputs[half + at] as OnnxValue }));
  const strides = heads.map(({ scores, boxes }) =>
    scores.shape[1] === boxes.shape[1] ? strideOf(scores.shape[1], 1, evidence) : undefined,
  );
  const bins = heads.map(({ boxes }) => Number(boxes.shape[2]) / 4);
  if (strides.includes(undefined) || new Set(bins).size > 1) return undefined;
  if (!Number.isInteger(bins[0]) || (bins[0] as number) < 4 || (bins[0] as number) > MOST_BINS) return undefined;
  findings.note('output.activation: "sigmoid" if scores are raw; PicoDet has applied it');
  return {
    task: 'object-detection',
    output: {
      decoder: 'gfl',
      heads: heads.map(({ scores, boxes }, at) => ({ stride: strides[at], scores: scores.name, boxes: boxes.name })),
      iouThreshold: 0.5,
    },
    pixels: askForPixels(input, facts, IMAGENET, 'PicoDet', findings),
  };
};

/**
 * NanoDet-Plus: one table of scores and distributions, told by the cells of its four strides. `reg_max` is 7 in all of its configurations.
 * Source: NanoDet, nanodet/model/head/nanodet_plus_head.py, read as a specification.
 */
export const nanodetTable: Guess = ({ model: { outputs }, input, facts, findings }) => {
  const [output] = outputs;
  const strides = [8, 16, 32, 64];
  const cells = strides.reduce((all, one) => all + Math.ceil(input.width / one) * Math.ceil(input.height / one), 0);
  const width = Number(output?.shape[2]);
  if (!output || outputs.length > 1 || output.shape.length !== 3 || output.shape[1] !== cells) return undefined;
  const classes = width - 4 * NANODET_BINS;
  // Heads of YOLO with four strides have as many rows, and one number of an object and four of its box beside the classes.
  if (classes < 1 || facts.labels?.length === width - 5) return undefined;
  findings.ask(
    ['output.decoder'],
    `"${output.name}" may be ${classes} classes and distributions of NanoDet-Plus ("gfl"), or ${width - 5} classes of a YOLO with four strides ("yolov5")`,
  );
  return {
    task: 'object-detection',
    output: {
      decoder: 'gfl',
      output: output.name,
      strides,
      bins: NANODET_BINS,
      scoreThreshold: 0.35,
      iouThreshold: 0.6,
    },
    pixels: askForPixels(input, facts, NANODET, 'NanoDet', findings),
  };
};

const NANODET_BINS = 8;

/**
 * EfficientDet as effdet exports it: raw scores and boxes of each level, from 8 pixels on, 9 anchors a cell, the channels first; the same with the
 * channels last from TensorFlow.
 */
export const efficientDetHeads: Guess = ({ model: { outputs }, input, facts, findings }) => {
  if (outputs.length < 4 || outputs.length % 2 !== 0 || outputs.some(({ shape }) => shape.length !== 4))
    return undefined;
  const half = outputs.length / 2;
  for (const layout of ['NCHW', 'NHWC'] as const) {
    const heads = outputs.slice(0, half).map((scores, at) => {
      const stride = 8 * 2 ** at;
      const boxes = outputs[half + at] as OnnxValue;
      const sides = (value: OnnxValue) => (layout === 'NCHW' ? value.shape.slice(2) : value.shape.slice(1, 3)).join();
      const channels = ({ shape }: OnnxValue): number => Number(shape[layout === 'NCHW' ? 1 : 3]);
      const wanted = [Math.ceil(input.height / stride), Math.ceil(input.width / stride)].join();
      const fits = [scores, boxes].every((value) => sides(value) === wanted);
      if (!fits || channels(boxes) !== 36 || channels(scores) % 9 !== 0) return undefined;
      return { stride, scores: scores.name, boxes: boxes.name };
    });
    if (heads.includes(undefined)) continue;
    findings.note(
      "output.ratios: those of EfficientDet-D0 to D7; some of effdet's models have other aspect_ratios in their configuration",
    );
    return {
      task: 'object-detection',
      output: { decoder: 'efficientdet', heads, ...(layout === 'NCHW' ? {} : { layout }) },
      pixels: {
        resize: 'letterbox',
        align: 'top-left',
        pad: 124,
        ...askForPixels(input, facts, IMAGENET, 'EfficientDet', findings),
      },
    };
  }
  return undefined;
};

/** YuNet by the names of its outputs, which OpenCV's own code needs: cls_8, obj_8, bbox_8, kps_8 and so on. */
export const yunetFaces: Guess = ({ model: { outputs } }) => {
  const strides = [8, 16, 32].filter((stride) => outputs.some(({ name }) => name === `cls_${stride}`));
  const has = (name: string): boolean => outputs.some((output) => output.name === name);
  if (strides.length === 0 || !strides.every((stride) => ['obj', 'bbox', 'kps'].every((part) => has(`${part}_${stride}`)))) return undefined; // prettier-ignore
  const heads = strides.map((stride) => ({
    stride,
    scores: `cls_${stride}`,
    objectness: `obj_${stride}`,
    boxes: `bbox_${stride}`,
    points: `kps_${stride}`,
  }));
  return {
    task: 'pose',
    output: { decoder: 'yunet', heads },
    // All models of this form take pixels as OpenCV reads them.
    pixels: { color: 'BGR', resize: 'letterbox', align: 'top-left', pad: 0 },
  };
};

/** SCRFD by its shapes: for each stride two anchors a cell, with 1, 4 and 10 numbers each. */
export const scrfdFaces: Guess = (evidence) => {
  const { model: { outputs }, findings } = evidence; // prettier-ignore
  if (outputs.length === 0 || outputs.length % 3 !== 0) return undefined;
  const count = outputs.length / 3;
  const heads = outputs.slice(0, count).map((scores, at) => {
    const three = [scores, outputs[count + at], outputs[2 * count + at]] as [OnnxValue, OnnxValue, OnnxValue];
    const rows = three.map(({ shape }) => shape.at(-2));
    const isHead = three.every(({ shape }, part) => shape.at(-1) === [1, 4, 10][part]) && new Set(rows).size === 1;
    const stride = isHead ? strideOf(rows[0], ANCHORS, evidence) : undefined;
    return stride === undefined
      ? undefined
      : { stride, scores: three[0].name, boxes: three[1].name, points: three[2].name };
  });
  if (heads.includes(undefined)) return undefined;
  findings.note('labels.txt: one line, face');
  return {
    task: 'pose',
    output: { decoder: 'scrfd', heads },
    // As InsightFace feeds all of them.
    pixels: { resize: 'letterbox', align: 'top-left', pad: 0, mean: 127.5, std: 128 },
  };
};

const ANCHORS = 2;

/** The stride whose grid has this many rows. */
function strideOf(rows: number | string | undefined, perCell: number, { input }: Evidence): number | undefined {
  return STRIDES.find(
    (stride) => rows === perCell * Math.ceil(input.width / stride) * Math.ceil(input.height / stride),
  );
}
