import type { Prediction } from './prediction.ts';

/** Classes of the task `anomaly`, by class id. */
const NAMES = ['normal', 'anomaly'] as const;

/**
 * Calls an image normal or anomalous by its score.
 * @param sensitivity 0 to 1: an image is anomalous if it scores more than 1 - sensitivity; 0.5 is the threshold that training found. Source: anomalib
 */
export function judgeAnomaly<Scored extends Pick<Prediction, 'score'>>(
  prediction: Scored,
  sensitivity: number,
): Scored & Pick<Prediction, 'classId' | 'label' | 'threshold'> {
  const threshold = 1 - sensitivity;
  const classId = prediction.score > threshold ? 1 : 0;
  return { ...prediction, classId, label: NAMES[classId], threshold };
}
