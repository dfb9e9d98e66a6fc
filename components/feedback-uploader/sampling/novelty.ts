import { integerSetting, numberSetting } from '#packages/foundation';

import { defineStrategy } from './strategy.ts';
import { atMost, digits } from './threshold.ts';

/** Images that must have been seen before "usual" means something. */
const WARM_UP_IMAGES = 20;

/**
 * Keeps a sample with few or no confident detections where there usually are: one whose count of confident detections
 * (or of a confident best class, 0 or 1) is as low only in a share of at most `threshold` of the last `window` images.
 * An empirical tail probability asks nothing about how counts are spread: a belt that always shows one part and a street
 * that shows none most of the night both have their own usual. A sample that becomes common stops being novel by itself.
 */
export const novelty = defineStrategy({
  parameters: {
    threshold: numberSetting({ min: 0, max: 1 })
      .default(0.05)
      .describe('NOVELTY: share of recent images that had as few confident detections, 0.05 when left out.'),
    'min-score': numberSetting({ min: 0, max: 1 })
      .default(0.5)
      .describe('CLASS, NOVELTY: scores below this do not count.'),
    window: integerSetting({ min: WARM_UP_IMAGES, max: 100_000 })
      .default(200)
      .describe('NOVELTY: images that "usual" is learned from.'),
  },
  create: ({ threshold, 'min-score': minScore, window }) => {
    const recent = new RecentCounts(window);
    return (read) => {
      const count = read().outcomes.filter((outcome) => outcome.score >= minScore).length;
      const seen = recent.size;
      const share = recent.shareAtMost(count);
      recent.add(count);
      if (seen < WARM_UP_IMAGES)
        return { keep: false, why: `learning what is usual: ${seen} of ${WARM_UP_IMAGES} images` };
      const why = `${count} confident, as few in ${digits(share)} of the last ${seen} images, threshold ${threshold}`;
      return { keep: atMost(share, threshold), why };
    };
  },
});

/** The last `capacity` counts, and how often each came. */
class RecentCounts {
  readonly #ring: number[] = [];
  readonly #times = new Map<number, number>();
  readonly #capacity: number;
  #oldest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#ring.length;
  }

  shareAtMost(count: number): number {
    if (this.size === 0) return 1;
    let total = 0;
    for (const [value, times] of this.#times) if (value <= count) total += times;
    return total / this.size;
  }

  add(count: number): void {
    if (this.size < this.#capacity) this.#ring.push(count);
    else {
      this.#change(this.#ring[this.#oldest] ?? 0, -1);
      this.#ring[this.#oldest] = count;
      this.#oldest = (this.#oldest + 1) % this.#capacity;
    }
    this.#change(count, 1);
  }

  #change(count: number, by: number): void {
    const times = (this.#times.get(count) ?? 0) + by;
    if (times === 0) this.#times.delete(count);
    else this.#times.set(count, times);
  }
}
