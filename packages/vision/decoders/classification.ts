import type { ClassificationOutput, Prediction } from '#packages/model-package';

import { visionErrors } from '../errors.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { numbersOf, outputName, outputTensor } from './outputs.ts';
import type { Numbers } from './outputs.ts';

/**
 * One score per class, of any rank ([1, C], [1, C, 1, 1], …): dequantize, activate, best `topK`.
 * Softmax is exp(x - max) / sum; source: Goodfellow et al., "Deep Learning", 2016, 4.1.
 */
export function classificationDecoder(spec: ClassificationOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const known = classesOf(context.outputs.find((output) => output.name === name)?.shape ?? [-1]);
  // Better when the model is loaded than with the first image.
  if (known !== undefined) firstLabelRow(context.labels, known, name);
  return {
    fetches: [name],
    decode(outputs, _placement, onClassScores) {
      const tensor = outputTensor(outputs, name);
      const scores = activate(spec, numbersOf(tensor));
      const firstRow = firstLabelRow(context.labels, scores.length, name);
      onClassScores?.(Float32Array.from(scores));
      return best(scores, spec.topK, spec.scoreThreshold ?? -Infinity).map((index): Prediction => {
        const classId = index + firstRow;
        return { classId, label: context.labels[classId] ?? String(classId), score: scores[index] as number };
      });
    },
  };
}

function activate(spec: ClassificationOutput, raw: Numbers): ArrayLike<number> {
  // Probabilities in floating point, the usual case, are read where they lie.
  const isPlain = spec.scale === 1 && spec.zeroPoint === 0;
  if (spec.activation === 'none' && isPlain) return raw;
  const scores = new Float64Array(raw.length);
  for (let index = 0; index < raw.length; index++)
    scores[index] = ((raw[index] as number) - spec.zeroPoint) * spec.scale;
  if (spec.activation === 'sigmoid') return scores.map((value) => 1 / (1 + Math.exp(-value)));
  return spec.activation === 'softmax' ? softmax(scores) : scores;
}

function softmax(scores: Float64Array): Float64Array {
  let max = -Infinity;
  for (const value of scores) if (value > max) max = value;
  let sum = 0;
  for (let index = 0; index < scores.length; index++) {
    sum += scores[index] = Math.exp((scores[index] as number) - max);
  }
  return scores.map((value) => value / sum);
}

/** Indices of the highest scores, best first, equal ones in class order; what is not a number is never among them. */
function best(scores: ArrayLike<number>, count: number, threshold: number): number[] {
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

/** Number of classes that a shape tells; undefined if a side but the batch is free. */
function classesOf(shape: readonly number[]): number | undefined {
  const [batch = 1, ...rest] = shape;
  const sides = shape.length > 1 ? [Math.abs(batch), ...rest] : shape;
  return sides.some((side) => side < 0) ? undefined : sides.reduce((product, side) => product * side, 1);
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
