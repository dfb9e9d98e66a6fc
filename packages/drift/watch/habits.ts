import type { Sketch } from '../sketch/sketch.ts';
import { distance, DISTRIBUTIONS, groupedCounts } from './distributions.ts';
import { embeddingDistance } from './embedding-distance.ts';
import type { Finding } from './finding.ts';

/** Distances between successive windows that are remembered, and those that it takes to know. */
const MOST = 14;
const LEAST = 3;

export type HabitsJson = Readonly<Record<string, readonly number[]>>;

/** How unlike each other the windows of one stream are by habit: one day has sun and the next one rain. */
export class Habits {
  readonly #distances: Map<string, readonly number[]>;

  constructor(json: HabitsJson = {}) {
    this.#distances = new Map(Object.entries(json));
  }

  /** Two windows, one after the other. */
  add(baseline: Sketch, before: Sketch, after: Sketch): void {
    for (const distribution of DISTRIBUTIONS) {
      const [one, other] = [before, after].map((sketch) => groupedCounts(distribution, baseline, sketch));
      if (one && other) this.#remember(distribution.feature, distance(distribution, one, other));
    }
    const unlike = embeddingDistance(before, after);
    if (unlike !== undefined) this.#remember('embedding', unlike);
  }

  /** Median of the distances, on which a step from one window to the next has no part; 0 if nobody knows yet. */
  of(feature: Finding['feature']): number {
    const distances = this.#distances.get(feature) ?? [];
    if (distances.length < LEAST) return 0;
    return distances.toSorted((one, other) => one - other)[Math.floor(distances.length / 2)] ?? 0;
  }

  toJSON(): HabitsJson {
    return Object.fromEntries(this.#distances);
  }

  #remember(feature: Finding['feature'], far: number): void {
    this.#distances.set(feature, [...(this.#distances.get(feature) ?? []), far].slice(-MOST));
  }
}
