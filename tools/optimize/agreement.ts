import type { Prediction } from '#packages/model-package';
import { boxIou } from '#packages/vision';

/** Overlap from which two boxes of one class count as the same, as usual since PASCAL VOC. */
const SAME_BOX_IOU = 0.5;

/**
 * How far the answers of a variant are those of the original on one picture, 0..1. Of a classifier: whether the best class is the
 * same. Of a detector: twice the matched boxes by the boxes of both (the F1 score, the original taken for the truth); 1 if neither
 * found anything.
 */
export function agreementOf(
  original: readonly Prediction[],
  variant: readonly Prediction[],
  isDetector: boolean,
): number {
  if (!isDetector) return original[0]?.classId === variant[0]?.classId ? 1 : 0;
  const total = original.length + variant.length;
  return total === 0 ? 1 : (2 * matchesOf(original, variant)) / total;
}

/** Best scores first, each takes the box that it overlaps most. */
function matchesOf(original: readonly Prediction[], variant: readonly Prediction[]): number {
  const free = new Set(variant);
  let matches = 0;
  for (const { classId, box } of original) {
    let best: Prediction | undefined;
    let bestIou = SAME_BOX_IOU;
    for (const one of free) {
      const iou = one.classId === classId && box && one.box ? boxIou(box, one.box) : 0;
      if (iou >= bestIou) [best, bestIou] = [one, iou];
    }
    if (!best) continue;
    free.delete(best);
    matches++;
  }
  return matches;
}
