import type { KeyPoint, Prediction } from '#packages/model-package';

import type { Placement } from '../resize/geometry.ts';
import { clip } from './detections.ts';

/** Points of a face. */
const POINTS = 5;

/** The five points that begin at `at`, from fractions of the model's input to the picture; undefined if one is not a number. */
export function pointsAt(points: readonly number[], at: number, placement: Placement): Partial<Prediction> | undefined {
  const keypoints = Array.from({ length: POINTS }, (_, point): KeyPoint => [
    clip((points[at + 2 * point] as number) * placement.scaleX + placement.offsetX),
    clip((points[at + 2 * point + 1] as number) * placement.scaleY + placement.offsetY),
  ]);
  return keypoints.flat().every(Number.isFinite) ? { keypoints } : undefined;
}
