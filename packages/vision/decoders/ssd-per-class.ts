import type { SsdPerClassOutput } from '#packages/model-package';

import { boxAdder } from './box-format.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';
import { priorBoxDecoder } from './priors.ts';
import type { PriorSource } from './priors.ts';

/**
 * Detectors without suppression: scores [1, N, C] (or [1, C, N]) and boxes [1, N, 4], which with `priors` are offsets.
 * Every class but the background is looked at for every box, or the best one alone (`classesPerBox`). `labels` may have a row for the background or leave it out.
 * Source: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, section 2.
 */
export function ssdPerClassDecoder(
  spec: SsdPerClassOutput,
  context: DecoderContext,
  priors?: PriorSource,
): OutputDecoder {
  const boxesName = outputName(spec.boxes, context.outputs, 'boxes');
  const scoresName = outputName(spec.scores, context.outputs, 'scores');
  const candidates = new Candidates();
  const decodePrior = priors && priorBoxDecoder(priors, spec, candidates);
  return {
    fetches: [boxesName, scoresName, ...(priors?.output === undefined ? [] : [priors.output])],
    decode(outputs, placement) {
      const boxesTensor = outputTensor(outputs, boxesName);
      const scoresTensor = outputTensor(outputs, scoresName);
      const boxes = numbersOf(boxesTensor);
      const rows = boxes.length / 4;
      const layout = layoutOf(scoresTensor.shape, rows);
      if (!layout)
        throw unexpectedShape(scoresName, scoresTensor.shape, `[1, ${rows}, classes] as there are ${rows} boxes`);
      const scores = activated(numbersOf(scoresTensor), rows, layout, spec.activation);
      const classIds = classIdsOf(layout.classes, spec, context.labels);
      candidates.clear();
      const add = decodePrior?.(outputs, rows) ?? boxAdder(candidates, spec.boxFormat, spec.coordinates, placement);
      for (let row = 0; row < rows; row++) {
        let [best, bestScore] = [-1, -Infinity];
        for (let classId = 0; classId < layout.classes; classId++) {
          if (classId === spec.backgroundClass) continue;
          const score = scores[row * layout.rowStep + classId * layout.classStep] as number;
          if (spec.classesPerBox === 'all') {
            if (score >= spec.scoreThreshold) add(boxes, 4 * row, score, classIds[classId] as number);
          } else if (score > bestScore) [best, bestScore] = [classId, score];
        }
        if (bestScore >= spec.scoreThreshold) add(boxes, 4 * row, bestScore, classIds[best] as number);
      }
      return toDetections(candidates, spec, placement, context);
    },
  };
}

/** Row of the labels for each column: if the labels lack a row for the background, the columns after it move up. */
function classIdsOf(columns: number, spec: SsdPerClassOutput, labels: readonly string[]): Int32Array {
  const { backgroundClass, classOffset } = spec;
  const isLeftOut = backgroundClass !== undefined && labels.length === columns - 1;
  return Int32Array.from({ length: columns }, (_, column) =>
    isLeftOut && column > backgroundClass ? column - 1 + classOffset : column + classOffset,
  );
}

interface Layout {
  readonly classes: number;
  readonly rowStep: number;
  readonly classStep: number;
}

function layoutOf(shape: readonly number[], rows: number): Layout | undefined {
  const [first = 1, second = 1] = shape.slice(-2);
  const batch = shape.slice(0, -2).reduce((product, side) => product * side, 1);
  if (batch !== 1) return undefined;
  if (first === rows) return { classes: second, rowStep: second, classStep: 1 };
  if (second === rows) return { classes: first, rowStep: 1, classStep: rows };
  return undefined;
}

function activated(
  scores: Numbers,
  rows: number,
  layout: Layout,
  activation: SsdPerClassOutput['activation'],
): Numbers {
  if (activation === 'none') return scores;
  if (activation === 'sigmoid') return Float32Array.from(scores, (value) => 1 / (1 + Math.exp(-value)));
  const out = new Float32Array(scores.length);
  for (let row = 0; row < rows; row++) {
    let max = -Infinity;
    for (let classId = 0; classId < layout.classes; classId++) {
      max = Math.max(max, scores[row * layout.rowStep + classId * layout.classStep] as number);
    }
    let sum = 0;
    for (let classId = 0; classId < layout.classes; classId++) {
      const at = row * layout.rowStep + classId * layout.classStep;
      sum += out[at] = Math.exp((scores[at] as number) - max);
    }
    for (let classId = 0; classId < layout.classes; classId++) {
      const at = row * layout.rowStep + classId * layout.classStep;
      out[at] = (out[at] as number) / sum;
    }
  }
  return out;
}
