import type { Mask, Yolov8SegOutput } from '#packages/model-package';
import { encodeRuns, outlinesOf, paintMask, simplified } from '#packages/shapes';

import type { Placement } from '../resize/geometry.ts';
import { boxAdder } from './box-format.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import { PrototypeMasks } from './prototype-masks.ts';
import type { MaskTarget, PixelBox } from './prototype-masks.ts';
import { ScoredRows } from './scored-rows.ts';

/**
 * Masks of YOLOv8, 11 and 12: a table [1, 4 + C + K, N], or finished rows [1, N, 6 + K] of YOLO26 and `nms=True`, and prototypes [1, K, H, W].
 * A mask has the pixels of the image in the model's input. As in the reference, a prediction without a pixel is left out.
 * Source: Ultralytics, nn/modules/head.py (Segment) and models/yolo/segment/predict.py, read as a specification.
 */
export function yolov8SegDecoder(spec: Yolov8SegOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const prototypesName = outputName(spec.prototypes, context.outputs, 'prototypes');
  const candidates = new Candidates();
  const masks = new PrototypeMasks();
  const { scoreThreshold } = spec;
  const rows = new ScoredRows({ output: name, labels: context.labels.length, rows: spec.rows, scoreThreshold });
  return {
    fetches: [name, prototypesName],
    decode(outputs, placement) {
      const tensor = outputTensor(outputs, prototypesName);
      const [batch, count = 0, height = 0, width = 0] = tensor.shape;
      if (tensor.shape.length !== 4 || batch !== 1) throw unexpectedShape(prototypesName, tensor.shape, '[1, K, H, W]');
      const prototypes = { values: numbersOf(tensor), count, height, width };
      candidates.clear();
      const format = spec.rows === 'raw' ? 'cxcywh' : 'xyxy';
      const addBox = boxAdder(candidates, format, spec.coordinates, placement);
      const { values, step, more } = rows.read(outputTensor(outputs, name), count, addBox);
      const target = targetOf(placement);
      return toDetections(candidates, spec, placement, context, {
        more: (index) => {
          const at = (candidates.places[index] as number) + more * step;
          const coefficient = (k: number): number => values[at + k * step] as number;
          const runs = masks.runsOf(prototypes, coefficient, pixelsOf(candidates, index, placement), target);
          return runs && { mask: maskOf(runs, target.image, spec.masks) };
        },
      });
    },
  };
}

/** Where the image lies in the model's input. */
function targetOf({ width, height, scaleX, scaleY, offsetX, offsetY }: Placement): MaskTarget {
  return {
    width,
    height,
    image: {
      left: Math.round((-offsetX / scaleX) * width),
      top: Math.round((-offsetY / scaleY) * height),
      width: Math.round(width / scaleX),
      height: Math.round(height / scaleY),
    },
  };
}

function pixelsOf({ boxes }: Candidates, index: number, { width, height }: Placement): PixelBox {
  const side = (at: number, pixels: number): number => (boxes[4 * index + at] as number) * pixels;
  return { x0: side(0, width), y0: side(1, height), x1: side(2, width), y1: side(3, height) };
}

/** Outlines are off by a pixel at most; parts that have less than a hundredth of the largest one's pixels are left out. */
const [TOLERANCE_PIXELS, LEAST_PART] = [1, 0.01] as const;

function maskOf(runs: readonly number[], image: MaskTarget['image'], form: Yolov8SegOutput['masks']): Mask {
  const { width, height } = image;
  const mask = { size: [height, width] as const, counts: encodeRuns(runs) };
  if (form === 'rle') return mask;
  const borders = outlinesOf(paintMask(mask, [0, 0, 1, 1], width, height), width).filter(({ isHole }) => !isHole);
  const largest = Math.max(...borders.map(({ area }) => area));
  const polygons = borders
    .filter(({ area }) => area >= LEAST_PART * largest)
    .map(({ points }) => {
      const fewer = simplified(points, TOLERANCE_PIXELS);
      // What is as thin as the tolerance is left as it is.
      return (fewer.length < 6 ? points : fewer).map((value, at) => value / (at % 2 === 0 ? width : height));
    });
  return { polygons };
}
