import type { Candidates } from './candidates.ts';

/** More candidates than this come from a threshold near 0; the best of them are enough (Ultralytics' max_nms). */
const MAX_CANDIDATES = 30_000;

export interface NmsOptions {
  /** `class`: only boxes of one class suppress each other; `agnostic`: all; `none`: nothing is suppressed. */
  readonly nms: 'class' | 'agnostic' | 'none';
  /** A box that overlaps a better one by more than this goes. */
  readonly iouThreshold: number;
  readonly maxDetections: number;
}

/**
 * Greedy non-maximum suppression: indices of the boxes that stay, best first, equal scores in the order they came.
 * `keep` can refuse a box, which then neither counts nor suppresses.
 * Source: Felzenszwalb et al., "Object Detection with Discriminatively Trained Part Based Models", 2010, section 7.2.
 */
export function selectBoxes(
  candidates: Candidates,
  options: NmsOptions,
  keep: (index: number) => boolean = () => true,
): number[] {
  const order = byScore(candidates);
  const kept: number[] = [];
  for (const index of order) {
    if (kept.length === options.maxDetections) break;
    if (!keep(index)) continue;
    if (options.nms === 'none' || !isSuppressed(candidates, index, kept, options)) kept.push(index);
  }
  return kept;
}

/** Intersection over union of two boxes of a flat array; 0 where neither has an area. */
function iouAt(boxes: Float64Array, a: number, b: number): number {
  const ax0 = boxes[4 * a] as number;
  const ay0 = boxes[4 * a + 1] as number;
  const ax1 = boxes[4 * a + 2] as number;
  const ay1 = boxes[4 * a + 3] as number;
  const bx0 = boxes[4 * b] as number;
  const by0 = boxes[4 * b + 1] as number;
  const bx1 = boxes[4 * b + 2] as number;
  const by1 = boxes[4 * b + 3] as number;
  const width = Math.min(ax1, bx1) - Math.max(ax0, bx0);
  const height = Math.min(ay1, by1) - Math.max(ay0, by0);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / ((ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - shared);
}

function isSuppressed(candidates: Candidates, index: number, kept: readonly number[], options: NmsOptions): boolean {
  const classId = candidates.classes[index];
  for (const better of kept) {
    if (options.nms === 'class' && candidates.classes[better] !== classId) continue;
    if (iouAt(candidates.boxes, better, index) > options.iouThreshold) return true;
  }
  return false;
}

/** Numbers of the candidates, best first, equal scores in the order they came; of very many the best. */
export function byScore(candidates: Candidates): Uint32Array {
  const { scores, count } = candidates;
  const order = new Uint32Array(count);
  for (let index = 0; index < count; index++) order[index] = index;
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  return order.subarray(0, MAX_CANDIDATES);
}
