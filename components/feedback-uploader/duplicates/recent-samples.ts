import type { Outcome } from '#packages/samples';
import { hashDistance } from './picture-hash.ts';

/** Samples that are remembered; about 1 kB each at most. */
const MOST_SAMPLES = 1_000;
/** Objects of a sample that are compared, the best ones. */
const MOST_OBJECTS = 32;
/** Overlap from which two boxes are of one object that has not moved: intersection over union. */
const SAME_PLACE = 0.5;

type Seen = Pick<Outcome, 'classId' | 'box'>;

/** A sample as far as it takes to know it again. */
interface Remembered {
  readonly hash: Uint8Array;
  readonly seen: readonly Seen[];
}

export interface Duplicate {
  readonly of: string;
  /** Bits in which the hashes differ. */
  readonly bits: number;
}

/**
 * The last samples that were kept, to know one that looks and says the same. A fixed camera shows almost the same picture all day, so that
 * its answers must be alike, too: the same objects at the same places.
 */
export class RecentSamples {
  /** By id, the oldest first. */
  readonly #samples = new Map<string, Remembered>();

  /** The newest sample that this one repeats. */
  duplicateOf(hash: Uint8Array, outcomes: readonly Outcome[], mostBits: number): Duplicate | undefined {
    const seen = best(outcomes);
    let found: Duplicate | undefined;
    for (const [of, sample] of this.#samples) {
      const bits = hashDistance(hash, sample.hash);
      if (bits <= mostBits && isSame(seen, sample.seen)) found = { of, bits };
    }
    return found;
  }

  add(id: string, hash: Uint8Array, outcomes: readonly Outcome[]): void {
    this.#samples.set(id, { hash, seen: best(outcomes) });
    for (const oldest of this.#samples.keys()) {
      if (this.#samples.size <= MOST_SAMPLES) break;
      this.#samples.delete(oldest);
    }
  }

  /** It was not sent after all. */
  forget(id: string): void {
    this.#samples.delete(id);
  }
}

function best(outcomes: readonly Outcome[]): readonly Seen[] {
  const ordered = outcomes.toSorted((one, other) => other.score - one.score);
  // A classifier names all classes each time; its best one counts.
  const isDetection = outcomes.some(({ box }) => box);
  return ordered
    .slice(0, isDetection ? MOST_OBJECTS : 1)
    .map(({ classId, box }) => ({ classId, ...(box ? { box } : {}) }));
}

/** Whether each object has one of its class at its place, and none is left over. */
function isSame(one: readonly Seen[], other: readonly Seen[]): boolean {
  if (one.length !== other.length) return false;
  const left = [...other];
  return one.every(({ classId, box }) => {
    const at = left.findIndex(
      (candidate) =>
        candidate.classId === classId && (box ? overlap(box, candidate.box) >= SAME_PLACE : !candidate.box),
    );
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

function overlap(one: NonNullable<Seen['box']>, other: Seen['box']): number {
  if (!other) return 0;
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (area(one) + area(other) - width * height);
}

function area([x0, y0, x1, y1]: NonNullable<Seen['box']>): number {
  return (x1 - x0) * (y1 - y0);
}
