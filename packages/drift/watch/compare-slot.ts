import { sharesBeyond, usualRange } from '../distance/usual-range.ts';
import type { Direction } from '../sketch/direction.ts';
import type { Sketch } from '../sketch/sketch.ts';
import type { Finding } from './finding.ts';

const PICTURE_FEATURES = ['brightness', 'contrast', 'sharpness'] as const;
/** Share of a slot's pictures beyond what is usual from which something is wrong with the camera. */
const BEYOND = 0.5;
/** 1 less the cosine between two layouts from which they are not of one view, if each is sure of itself. */
const UNLIKE = 0.5;
const COHERENT = 0.6;

/**
 * The unusual features of a few minutes of pictures, apart from the model's answers.
 *
 * @param views layouts of the same camera over the time before, e.g. by day and by night: the most similar one counts
 */
export function compareSlot(baseline: Sketch, slot: Sketch, views: readonly Direction[]): readonly Finding[] {
  const beyond = PICTURE_FEATURES.flatMap((feature): readonly Finding[] => {
    const range = usualRange(baseline.feature(feature));
    const now = slot.feature(feature);
    if (!range || now.total === 0) return [];
    const { below, above } = sharesBeyond(now, range);
    const value = Math.max(below, above);
    return [{ feature, measure: 'beyond', value, threshold: BEYOND, direction: below > above ? 'lower' : 'higher' }];
  });
  const seen = views.filter(({ coherence }) => coherence >= COHERENT);
  if (slot.layout.coherence < COHERENT || seen.length === 0) return beyond;
  const value = 1 - Math.max(...seen.map((view) => view.cosine(slot.layout)));
  return [...beyond, { feature: 'layout', measure: 'unlike', value, threshold: UNLIKE }];
}
