import type { GflHeadsOutput, GflTableOutput } from '#packages/model-package';

import type { NamedTensors } from '../loaded-model.ts';
import type { Size } from '../resize/geometry.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { gridOf, headNumbers } from './head-grids.ts';
import { outputName, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';

/**
 * PicoDet and NanoDet: a score per class for each cell, and for each side of its box a distribution over distances in strides, whose mean
 * is taken. Every class over the threshold counts, as in the references.
 * Sources: Li et al., "Generalized Focal Loss", 2020, section 3; PaddleDetection, deploy/third_engine/demo_onnxruntime/infer_demo.py, and
 * NanoDet, nanodet/model/head/nanodet_plus_head.py, read as specifications.
 */
export function gflDecoder(spec: GflHeadsOutput | GflTableOutput, context: DecoderContext): OutputDecoder {
  const candidates = new Candidates();
  const { fetches, read } = 'heads' in spec ? headsReader(spec, context) : tableReader(spec, context);
  // The cheaper test of raw scores: the sigmoid grows with its argument.
  const { scoreThreshold, activation } = spec;
  const isRaw = activation === 'sigmoid';
  const least = isRaw ? Math.log(scoreThreshold / (1 - scoreThreshold)) : scoreThreshold;
  const distances = [0, 0, 0, 0];
  return {
    fetches,
    decode(outputs, placement) {
      candidates.clear();
      for (const head of read(outputs, placement)) {
        const { columns, rows } = gridOf(head.stride, placement);
        for (let cell = 0; cell < columns * rows; cell++) {
          let isMeasured = false;
          for (let classId = 0; classId < head.classes; classId++) {
            const value = head.scores[head.firstScore + cell * head.scoreStep + classId] as number;
            if (!(value >= least)) continue;
            if (!isMeasured) measure(head, cell, distances);
            isMeasured = true;
            const x = (cell % columns) + spec.cellOffset;
            const y = Math.trunc(cell / columns) + spec.cellOffset;
            const [toX, toY] = [head.stride / placement.width, head.stride / placement.height];
            const [left, top, right, bottom] = distances as [number, number, number, number];
            const score = isRaw ? 1 / (1 + Math.exp(-value)) : value;
            candidates.add((x - left) * toX, (y - top) * toY, (x + right) * toX, (y + bottom) * toY, score, classId);
          }
        }
      }
      return toDetections(candidates, spec, placement, context);
    },
  };
}

/** How the numbers of one stride lie. */
interface Head {
  readonly stride: number;
  readonly classes: number;
  readonly bins: number;
  readonly scores: Numbers;
  readonly firstScore: number;
  readonly scoreStep: number;
  readonly boxes: Numbers;
  readonly firstBox: number;
  readonly boxStep: number;
}

/** Mean of each of the four distributions of a cell, after a softmax. */
function measure({ boxes, firstBox, boxStep, bins }: Head, cell: number, distances: number[]): void {
  for (let side = 0; side < 4; side++) {
    const begin = firstBox + cell * boxStep + side * bins;
    let max = -Infinity;
    for (let bin = 0; bin < bins; bin++) max = Math.max(max, boxes[begin + bin] as number);
    let [sum, weighted] = [0, 0];
    for (let bin = 0; bin < bins; bin++) {
      const weight = Math.exp((boxes[begin + bin] as number) - max);
      sum += weight;
      weighted += bin * weight;
    }
    distances[side] = weighted / sum;
  }
}

type Reader = (outputs: NamedTensors, input: Size) => readonly Head[];

function headsReader({ heads }: GflHeadsOutput, { outputs }: DecoderContext) {
  heads.forEach(({ scores, boxes }, at) => {
    outputName(scores, outputs, `heads[${at}].scores`);
    outputName(boxes, outputs, `heads[${at}].boxes`);
  });
  const read: Reader = (tensors, input) =>
    heads.map(({ stride, scores, boxes }): Head => {
      const { columns, rows } = gridOf(stride, input);
      const classes = outputTensor(tensors, scores).shape.at(-1) ?? 0;
      const width = outputTensor(tensors, boxes).shape.at(-1) ?? 0;
      if (width % 4 !== 0 || width < 8)
        throw unexpectedShape(boxes, outputTensor(tensors, boxes).shape, '[1, cells, 4 · bins]');
      return {
        stride,
        classes,
        bins: width / 4,
        scores: headNumbers(tensors, scores, columns * rows, classes),
        firstScore: 0,
        scoreStep: classes,
        boxes: headNumbers(tensors, boxes, columns * rows, width),
        firstBox: 0,
        boxStep: width,
      };
    });
  return { fetches: heads.flatMap(({ scores, boxes }) => [scores, boxes]), read };
}

function tableReader(spec: GflTableOutput, { outputs, labels }: DecoderContext) {
  const name = outputName(spec.output, outputs, 'output');
  const read: Reader = (tensors, input) => {
    const { shape } = outputTensor(tensors, name);
    const width = shape.at(-1) ?? 0;
    const classes = width - 4 * spec.bins;
    if (classes < 1 || (labels.length > 0 && classes !== labels.length))
      throw unexpectedShape(name, shape, `[1, cells, ${labels.length || 'classes'} + 4 · ${spec.bins}]`);
    const counts = spec.strides.map((stride) => gridOf(stride, input)).map(({ columns, rows }) => columns * rows);
    const values = headNumbers(tensors, name, counts.reduce((sum, count) => sum + count, 0), width); // prettier-ignore
    let first = 0;
    return spec.strides.map((stride, at): Head => {
      const begin = first;
      first += (counts[at] as number) * width;
      const common = { stride, classes, bins: spec.bins, scores: values, boxes: values };
      return { ...common, firstScore: begin, scoreStep: width, firstBox: begin + classes, boxStep: width };
    });
  };
  return { fetches: [name], read };
}
