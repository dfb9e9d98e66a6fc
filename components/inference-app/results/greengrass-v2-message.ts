import type { Prediction } from '#packages/model-package';

import type { BoundariesFormat, InferenceType, ScoreFormat } from '../predecessor/predecessors.ts';
import { numpyFloat32Array, shortestFloat32 } from './numpy-array.ts';
import { pythonFloat } from './python-float.ts';

/** Result message of the machine-learning components of Greengrass v2 (developer guide, "Perform sample image classification inference"). */
export interface GreengrassV2Message {
  /** `2021-01-01 00:00:00.000000`, UTC. */
  readonly timestamp: string;
  readonly 'inference-type': InferenceType;
  /** Ends in a blank. */
  readonly 'inference-description': string;
  readonly 'inference-results': readonly GreengrassV2Result[];
}

interface GreengrassV2Result {
  readonly Label: string;
  /** A text, as Python writes the number. */
  readonly Score: string;
  /** Corners of the box as text, detections only. */
  readonly Boundaries?: string;
}

export interface GreengrassV2Options {
  /** Undefined: object-detection if predictions have boxes or there are none, else image-classification. */
  readonly inferenceType?: InferenceType | undefined;
  readonly boundaries: BoundariesFormat;
  /** Default `python`. */
  readonly scores?: ScoreFormat | undefined;
  readonly maxResults: number;
  readonly scoreThreshold: number;
  /** Results with the lowest scores are left out until the message fits. */
  readonly maxBytes: number;
}

/** @param takenAt ISO 8601, UTC, with milliseconds */
export function greengrassV2Message(
  takenAt: string,
  predictions: readonly Prediction[],
  { inferenceType, boundaries, scores = 'python', maxResults, scoreThreshold, maxBytes }: GreengrassV2Options,
): GreengrassV2Message {
  const best = predictions.filter(({ score }) => score >= scoreThreshold).slice(0, maxResults);
  const message: GreengrassV2Message = {
    timestamp: takenAt.replace('T', ' ').replace('Z', '000'),
    'inference-type': inferenceType ?? typeOf(predictions),
    'inference-description': `Top ${maxResults} predictions with score ${scoreThreshold} or above `,
    'inference-results': best.map((prediction) => resultOf(prediction, boundaries, scores)),
  };
  return fitted(message, maxBytes);
}

function typeOf(predictions: readonly Prediction[]): InferenceType {
  return predictions.length > 0 && predictions.every(({ box }) => box === undefined)
    ? 'image-classification'
    : 'object-detection';
}

function resultOf(
  { label, score, box, text }: Prediction,
  format: BoundariesFormat,
  scores: ScoreFormat,
): GreengrassV2Result {
  const result = { Label: text ?? label, Score: pythonFloat(scores === 'float32' ? shortestFloat32(score) : score) };
  return box ? { ...result, Boundaries: BOUNDARIES[format](box) } : result;
}

const INPUT_SIZE = 512;

const BOUNDARIES: Readonly<Record<BoundariesFormat, (box: readonly number[]) => string>> = {
  'numpy-512': (box) => `[${box.map((corner) => Math.round(corner * INPUT_SIZE * 1e4) / 1e4).join(' ')}]`,
  'numpy-yxyx': ([x0 = 0, y0 = 0, x1 = 0, y1 = 0]) => numpyFloat32Array([y0, x0, y1, x1]),
  list: (box) => `[${box.map(pythonFloat).join(', ')}]`,
};

function fitted(message: GreengrassV2Message, maxBytes: number): GreengrassV2Message {
  const results = message['inference-results'];
  if (results.length === 0 || Buffer.byteLength(JSON.stringify(message)) <= maxBytes) return message;
  return fitted({ ...message, 'inference-results': results.slice(0, -1) }, maxBytes);
}
