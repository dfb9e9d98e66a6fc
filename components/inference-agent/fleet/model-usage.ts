import type { Clock } from '#packages/foundation';
import { ModelLife } from './model-life.ts';

/** A model's use since the last report; times in milliseconds since the epoch, latencies in milliseconds. */
export interface ModelUsage {
  readonly latestInference: number | undefined;
  readonly latestSample: number | undefined;
  readonly inferences: number;
  readonly failures: number;
  readonly meanLatencyMs: number | undefined;
  readonly p95LatencyMs: number | undefined;
}

/** Latencies of a period that are remembered for its percentile. */
const MAX_LATENCIES = 512;

/** Counts what models do, by alias. */
export class UsageBook {
  readonly #clock: Clock;
  readonly #models = new Map<string, Tally>();
  readonly #lives = new Map<string, ModelLife>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  inference(alias: string, latencyMs: number): void {
    const tally = this.#of(alias);
    tally.latestInference = this.#clock.now();
    tally.inferences++;
    tally.latencySum += latencyMs;
    tally.latencies[tally.latencyCount++ % MAX_LATENCIES] = latencyMs;
    this.#lives.get(alias)?.answered(latencyMs);
  }

  failure(alias: string): void {
    this.#of(alias).failures++;
    this.#lives.get(alias)?.failed();
  }

  sample(alias: string): void {
    this.#of(alias).latestSample = this.#clock.now();
  }

  /** The requests of a version since it began to serve, which is now if it is not known yet. */
  lifeOf(alias: string, version: string): ModelLife {
    const known = this.#lives.get(alias);
    if (known?.version === version) return known;
    const life = new ModelLife(version, this.#clock);
    this.#lives.set(alias, life);
    return life;
  }

  /** When the model last answered and gave a sample, without taking anything. */
  latest(alias: string): Pick<ModelUsage, 'latestInference' | 'latestSample'> {
    return this.#of(alias);
  }

  /** The model's use since the last call. */
  take(alias: string): ModelUsage {
    const { latestInference, latestSample, inferences, failures, latencySum, latencies } = this.#of(alias);
    this.#models.set(alias, { ...newTally(), latestInference, latestSample });
    const ordered = [...latencies].sort((a, b) => a - b);
    return {
      latestInference,
      latestSample,
      inferences,
      failures,
      meanLatencyMs: inferences > 0 ? latencySum / inferences : undefined,
      p95LatencyMs: ordered[Math.ceil(0.95 * ordered.length) - 1],
    };
  }

  /** Forgets models that are gone. */
  keepOnly(aliases: readonly string[]): void {
    for (const known of [this.#models, this.#lives])
      for (const alias of known.keys()) if (!aliases.includes(alias)) known.delete(alias);
  }

  #of(alias: string): Tally {
    const tally = this.#models.get(alias) ?? newTally();
    this.#models.set(alias, tally);
    return tally;
  }
}

interface Tally {
  latestInference: number | undefined;
  latestSample: number | undefined;
  inferences: number;
  failures: number;
  latencySum: number;
  latencyCount: number;
  readonly latencies: number[];
}

function newTally(): Tally {
  return {
    latestInference: undefined,
    latestSample: undefined,
    inferences: 0,
    failures: 0,
    latencySum: 0,
    latencyCount: 0,
    latencies: [],
  };
}
