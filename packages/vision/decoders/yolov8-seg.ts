import type { Yolov8SegOutput } from '#packages/model-package';

import type { Placement } from '../resize/geometry.ts';
import { boxAdder } from './box-format.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { imageIn, maskOf } from './mask-form.ts';
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
      candidates.clear();
      const format = spec.rows === 'raw' ? 'cxcywh' : 'xyxy';
      const addBox = boxAdder(candidates, format, spec.coordinates, placement);
      const { values, step, more } = rows.read(outputTensor(outputs, name), count, addBox);
      if (candidates.count > 0) masks.load({ values: numbersOf(tensor), count, height, width });
      const target = targetOf(placement);
      return toDetections(candidates, spec, placement, context, {
        more: (index) => {
          const at = (candidates.places[index] as number) + more * step;
          const coefficient = (k: number): number => values[at + k * step] as number;
          const runs = masks.runsOf(coefficient, pixelsOf(candidates, index, placement), target);
          return runs && { mask: maskOf(runs, target.image, spec.masks) };
        },
      });
    },
  };
}

function targetOf(placement: Placement): MaskTarget {
  const { width, height } = placement;
  return { width, height, image: imageIn(placement, width, height) };
}

function pixelsOf({ boxes }: Candidates, index: number, { width, height }: Placement): PixelBox {
  const side = (at: number, pixels: number): number => (boxes[4 * index + at] as number) * pixels;
  return { x0: side(0, width), y0: side(1, height), x1: side(2, width), y1: side(3, height) };
}
