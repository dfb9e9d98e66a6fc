import type { Prediction } from '../../../common/prediction.ts';
import type { ClassificationOutput } from '../../model-package/schema.ts';
import { visionErrors } from '../errors.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { numbersOf, outputName, outputTensor } from './outputs.ts';

/**
 * One score per class, of any rank ([1, C], [1, C, 1, 1], …): dequantise, activate, best `topK`.
 * Softmax is exp(x - max) / sum; source: Goodfellow et al., "Deep Learning", 2016, 4.1.
 */
export function classificationDecoder(spec: ClassificationOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  return {
    fetches: [name],
    decode(outputs) {
      const tensor = outputTensor(outputs, name);
      const scores = activate(spec, numbersOf(tensor));
      const firstRow = firstLabelRow(context.labels, scores.length, name);
      return best(scores, spec.topK, spec.scoreThreshold ?? -Infinity).map((index): Prediction => {
        const classId = index + firstRow;
        return { classId, label: context.labels[classId] ?? String(classId), score: scores[index] as number };
      });
    },
  };
}

function activate(spec: ClassificationOutput, raw: ArrayLike<number>): Float64Array {
  const scores = Float64Array.from(raw, (value) => (value - spec.zeroPoint) * spec.scale);
  switch (spec.activation) {
    case 'none':
      return scores;
    case 'sigmoid':
      return scores.map((value) => 1 / (1 + Math.exp(-value)));
    case 'softmax': {
      let max = -Infinity;
      for (const value of scores) if (value > max) max = value;
      let sum = 0;
      for (let index = 0; index < scores.length; index++)
        sum += scores[index] = Math.exp((scores[index] as number) - max);
      return scores.map((value) => value / sum);
    }
  }
}

/** Indices of the highest scores, best first, equal ones in class order; what is not a number is never among them. */
function best(scores: Float64Array, count: number, threshold: number): number[] {
  const order: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] as number;
    if (!(score >= threshold)) continue;
    if (order.length === count && score <= (scores[order[count - 1] as number] as number)) continue;
    let at = order.length;
    while (at > 0 && score > (scores[order[at - 1] as number] as number)) at--;
    order.splice(at, 0, index);
    if (order.length > count) order.pop();
  }
  return order;
}

/** Row of `labels` for the first class: 1 where the labels alone have a background row. */
function firstLabelRow(labels: readonly string[], classes: number, output: string): 0 | 1 {
  if (labels.length === 0 || labels.length === classes) return 0;
  if (labels.length === classes + 1 && /^(_*background_*|\?+|none|dummy)$/i.test(labels[0] as string)) return 1;
  throw visionErrors.error(
    'model.output-unexpected',
    `output "${output}" has ${classes} classes, but there are ${labels.length} labels`,
    {
      facts: { output, classes, labels: labels.length },
    },
  );
}
