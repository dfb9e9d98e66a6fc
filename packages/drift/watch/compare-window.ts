import { clusterEffect } from '../distance/cluster-effect.ts';
import { Sketch } from '../sketch/sketch.ts';
import { chance, distance, DISTRIBUTIONS, groupedCounts } from './distributions.ts';
import type { Distribution } from './distributions.ts';
import { embeddingDistance, embeddingThreshold } from './embedding-distance.ts';
import type { Finding } from './finding.ts';
import type { Habits } from './habits.ts';

export interface WindowThresholds {
  /** Population stability index from which numbers have drifted. */
  readonly psi: number;
  /** Jensen-Shannon divergence in bits from which classes have. */
  readonly jensenShannon: number;
}

/** How many times the distance of successive windows is still habit. */
const HABIT = 3;

/**
 * How far a window is from the baseline, feature by feature. A threshold is never below what chance does with as many pictures, less as
 * far as they are alike, nor below what is usual from one window to the next.
 *
 * @param panes the parts of the window
 */
export function compareWindow(
  baseline: Sketch,
  panes: readonly Sketch[],
  habits: Habits,
  thresholds: WindowThresholds,
): readonly Finding[] {
  const window = new Sketch();
  for (const pane of panes) window.merge(pane);
  const distributions = DISTRIBUTIONS.flatMap((distribution): readonly Finding[] => {
    const { feature, measure } = distribution;
    const [before, now] = [baseline, window].map((sketch) => groupedCounts(distribution, baseline, sketch));
    if (!before || !now) return [];
    const parts = panes.flatMap((pane) => groupedCounts({ ...distribution, least: 1 }, baseline, pane) ?? []);
    const sizes = [worth(before, baseline, 1), worth(now, window, clusterEffect(parts))] as const;
    const least = measure === 'psi' ? thresholds.psi : thresholds.jensenShannon;
    return [
      {
        feature,
        measure,
        value: distance(distribution, before, now),
        threshold: Math.max(least, chance(distribution, [before, now], sizes), HABIT * habits.of(feature)),
        ...directionOf(distribution, baseline, window),
      },
    ];
  });
  const value = embeddingDistance(baseline, window);
  const threshold = embeddingThreshold(baseline, window, panes, habits.of('embedding'));
  if (value === undefined || !Number.isFinite(threshold)) return distributions;
  return [...distributions, { feature: 'embedding', measure: 'unlike', value, threshold }];
}

/** Predictions of one picture are not independent: no more of them count than there are pictures. */
function worth(counts: Float64Array, { images }: Sketch, clusters: number): number {
  const total = counts.reduce((sum, times) => sum + times, 0);
  return Math.min(total, images) / clusters;
}

function directionOf(
  { feature, countsOf }: Distribution,
  baseline: Sketch,
  window: Sketch,
): Pick<Finding, 'direction'> {
  if (feature === 'classes') return {};
  const [before, now] = [baseline, window].map((sketch) => meanBin(countsOf(sketch)));
  return { direction: (now ?? 0) < (before ?? 0) ? 'lower' : 'higher' };
}

function meanBin(counts: Float64Array | undefined): number {
  const total = counts?.reduce((sum, times) => sum + times, 0) ?? 0;
  return total === 0 ? 0 : (counts?.reduce((sum, times, bin) => sum + times * bin, 0) ?? 0) / total;
}
