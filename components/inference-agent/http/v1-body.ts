import type { Prediction } from '#packages/model-package';

import type { InvokeOutcome } from '../invoke/invoke-service.ts';
import { agentErrors } from '../errors.ts';

/**
 * An answer as the image classification and object detection connectors of Greengrass V1 wrote it: the probabilities of all
 * classes as a flat list in model order, or `{"prediction":[[class,score,xmin,ymin,xmax,ymax],…]}` with the best first and
 * corners in 0..1. Applications cut it at the commas or evaluate it as Python: there is nothing in it but numbers.
 * Source: AWS IoT Greengrass V1 developer guide, "ML Image Classification connector" and "ML Object Detection connector".
 *
 * @param algoType what the caller takes the service for; a value that is neither of the two fits every service
 * @throws EdgeError `http.no-v1-form`, `http.algo-type`
 */
export function v1Body({ result, classScores }: InvokeOutcome, algoType?: string): string {
  const { service } = result;
  if (result.outputs) throw noForm(service, 'its model gives tensors');
  checkAlgoType(service, classScores ? CLASSIFICATION : DETECTION, algoType);
  return classScores
    ? `[${numbers(service, classScores)}]`
    : `{"prediction":[${result.predictions.map((one) => `[${numbers(service, rowOf(service, one))}]`).join(',')}]}`;
}

const CLASSIFICATION = 'image-classification';
const DETECTION = 'object-detection';

function checkAlgoType(service: string, given: string, asked: string | undefined): void {
  if (asked === given || (asked !== CLASSIFICATION && asked !== DETECTION)) return;
  const message = `the service "${service}" is for ${given}, not for ${asked}`;
  throw agentErrors.error('http.algo-type', message, { facts: { service, asked, given } });
}

function rowOf(service: string, { classId, score, box }: Prediction): readonly number[] {
  if (!box) throw noForm(service, 'its model gives classes without the scores of the others');
  return [classId, score, ...box];
}

function numbers(service: string, values: Iterable<number>): string {
  return Array.from(values, (value) => {
    const single = Math.fround(value);
    if (!Number.isFinite(single)) throw noForm(service, `its model gave ${value}`);
    return shortest(single);
  }).join(',');
}

/** Nine digits tell every number in single precision from its neighbors (IEEE 754); most need fewer. */
const MOST_DIGITS = 9;

/** The shortest text that is read as the same number in single precision, e.g. 0.1 for 0.10000000149011612. */
function shortest(single: number): string {
  for (let digits = 6; digits < MOST_DIGITS; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return String(short);
  }
  return String(Number(single.toPrecision(MOST_DIGITS)));
}

function noForm(service: string, why: string) {
  const message = `the answer of "${service}" has no form in Greengrass V1: ${why}`;
  return agentErrors.error('http.no-v1-form', message, { facts: { service } });
}
