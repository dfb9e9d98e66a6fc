import type { Comparison, FrameDifference } from '#packages/http';
import type { FrameComparison } from './compare-answers.ts';

export type SkipReason = keyof Comparison['skipped'];

/** One frame that both models have answered. */
export interface ComparedFrame extends Omit<FrameDifference, 'reason'> {
  readonly found: FrameComparison;
  readonly championMs: number;
  readonly challengerMs: number;
}

/** Latencies that are remembered for percentiles. */
const MAX_LATENCIES = 512;
const MAX_DIFFERENCES = 16;

/** Counts since the last heartbeat. */
export interface RecentCounts {
  frames: number;
  agreed: number;
  failed: number;
}

/** Adds up how two models compare. */
export class ComparisonTally {
  readonly #skipped = { busy: 0, budget: 0, queue: 0, gone: 0 };
  readonly #findings = { same: 0, otherClass: 0, championOnly: 0, challengerOnly: 0 };
  readonly #ious = new Mean();
  readonly #scores = new Mean();
  readonly #champion = new Latencies();
  readonly #challenger = new Latencies();
  readonly #differences: FrameDifference[] = [];
  #counts: RecentCounts = { frames: 0, agreed: 0, failed: 0 };
  #told: RecentCounts = { frames: 0, agreed: 0, failed: 0 };

  add({ found, championMs, challengerMs, ...frame }: ComparedFrame): void {
    this.#counts.frames++;
    for (const key of ['same', 'otherClass', 'championOnly', 'challengerOnly'] as const) {
      this.#findings[key] += found[key];
    }
    found.ious.forEach((iou) => this.#ious.add(iou));
    found.scoreDifferences.forEach((difference) => this.#scores.add(difference));
    this.#champion.add(championMs);
    this.#challenger.add(challengerMs);
    if (found.reason === undefined) this.#counts.agreed++;
    else this.#differences.unshift({ ...frame, reason: found.reason });
    this.#differences.length = Math.min(this.#differences.length, MAX_DIFFERENCES);
  }

  failed(): void {
    this.#counts.failed++;
  }

  skipped(reason: SkipReason): void {
    this.#skipped[reason]++;
  }

  /** The results since the last call. */
  takeRecent(): RecentCounts {
    const recent = {
      frames: this.#counts.frames - this.#told.frames,
      agreed: this.#counts.agreed - this.#told.agreed,
      failed: this.#counts.failed - this.#told.failed,
    };
    this.#told = { ...this.#counts };
    return recent;
  }

  get comparison(): Comparison {
    const [champion, challenger] = [this.#champion.numbers, this.#challenger.numbers];
    const meanIou = this.#ious.value;
    const meanScoreDifference = this.#scores.value;
    return {
      ...this.#counts,
      skipped: { ...this.#skipped },
      findings: { ...this.#findings },
      ...(meanIou === undefined ? {} : { meanIou }),
      ...(meanScoreDifference === undefined ? {} : { meanScoreDifference }),
      ...(champion && challenger ? { latency: { champion, challenger } } : {}),
      differences: [...this.#differences],
    };
  }
}

class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count++;
  }

  get value(): number | undefined {
    return this.#count === 0 ? undefined : rounded(this.#sum / this.#count);
  }
}

/** Mean of all, percentiles of the last ones. */
class Latencies {
  readonly #last: number[] = [];
  readonly #mean = new Mean();
  #count = 0;

  add(ms: number): void {
    this.#mean.add(ms);
    this.#last[this.#count++ % MAX_LATENCIES] = ms;
  }

  get numbers(): NonNullable<Comparison['latency']>['champion'] | undefined {
    const meanMs = this.#mean.value;
    if (meanMs === undefined) return undefined;
    const ordered = [...this.#last].sort((a, b) => a - b);
    const percentile = (share: number): number => rounded(ordered[Math.ceil(share * ordered.length) - 1] ?? 0);
    return { meanMs, p50Ms: percentile(0.5), p95Ms: percentile(0.95) };
  }
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
