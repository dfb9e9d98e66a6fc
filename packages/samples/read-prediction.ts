import type { EdgeError } from '#packages/foundation';
import type { Box } from '#packages/model-package';

import { sampleErrors } from './errors.ts';

/** The part of a prediction of any form that strategies need. */
export type ReadPrediction =
  | {
      readonly kind: 'classes';
      readonly outcomes: readonly Outcome[];
      /** False for the best few of many: what their scores leave to 1 belongs to classes that are not in the list. */
      readonly complete: boolean;
    }
  | { readonly kind: 'detections'; readonly outcomes: readonly Outcome[] };

/** One class of a distribution, or one detection. */
export interface Outcome {
  readonly classId: number;
  readonly label?: string;
  /** Not negative; at most 1 for detections. */
  readonly score: number;
  readonly box?: Box;
}

/**
 * Reads the four forms that predictions come in:
 * a list of probabilities, one per class (old image classification);
 * `{"prediction": [[class, score, xmin, ymin, xmax, ymax], …]}` (old object detection);
 * a list of `{classId, label, score, box?}` (ours), detections where any has a box; an empty list means no detections.
 *
 * @throws EdgeError `sampling.prediction-not-understood`
 */
export function readPrediction(prediction: unknown): ReadPrediction {
  if (Array.isArray(prediction)) return readList(prediction);
  const rows = isObject(prediction) ? prediction['prediction'] : undefined;
  if (!Array.isArray(rows)) throw notUnderstood('it is neither a list nor an object with a list "prediction"');
  return { kind: 'detections', outcomes: rows.map(readRow) };
}

function readList(list: readonly unknown[]): ReadPrediction {
  if (list.length > 0 && list.every((item) => typeof item === 'number')) {
    return {
      kind: 'classes',
      outcomes: list.map((item, classId) => ({ classId, score: score(item) })),
      complete: true,
    };
  }
  const outcomes = list.map(readEntry);
  const isDetection = outcomes.length === 0 || outcomes.some((outcome) => outcome.box);
  return isDetection
    ? { kind: 'detections', outcomes: outcomes.map(atMostOne) }
    : { kind: 'classes', outcomes, complete: false };
}

function readRow(row: unknown, index: number): Outcome {
  if (!Array.isArray(row) || row.length < 2) throw notUnderstood(`row ${index} is not [class, score, …]`);
  const [classId, rowScore, ...corners] = row as unknown[];
  if (typeof classId !== 'number') throw notUnderstood(`row ${index} does not begin with a class number`);
  const box = readBox(corners);
  return atMostOne({ classId, score: score(rowScore), ...(box ? { box } : {}) });
}

function readEntry(entry: unknown, index: number): Outcome {
  if (!isObject(entry)) throw notUnderstood(`element ${index} is neither a number nor an object`);
  const { classId, label, score: entryScore, box: corners } = entry;
  if (typeof classId !== 'number') throw notUnderstood(`element ${index} has no number "classId"`);
  const box = readBox(corners);
  return {
    classId,
    ...(typeof label === 'string' ? { label } : {}),
    score: score(entryScore),
    ...(box ? { box } : {}),
  };
}

function readBox(corners: unknown): Box | undefined {
  if (!Array.isArray(corners) || corners.length < 4) return undefined;
  const box = corners.slice(0, 4) as unknown[];
  return box.every((corner) => typeof corner === 'number' && Number.isFinite(corner))
    ? (box as unknown as Box)
    : undefined;
}

function score(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw notUnderstood(`${JSON.stringify(value)} is not a score: scores are numbers from 0 up`);
}

function atMostOne(outcome: Outcome): Outcome {
  if (outcome.score <= 1) return outcome;
  throw notUnderstood(`the score ${outcome.score} of a detection is above 1`);
}

function notUnderstood(why: string): EdgeError {
  return sampleErrors.error('sampling.prediction-not-understood', `this prediction cannot be read: ${why}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
