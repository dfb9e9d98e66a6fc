import { messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import type { Candidate } from './candidates.ts';

/** The result of a candidate's test. */
interface Checked {
  /** Undefined if it gives the right answers. */
  readonly wrong?: string;
  /** Of the fastest case; undefined if there was none. */
  readonly latencyMs?: number;
}

/** A loaded candidate, ready to be tested and measured. */
export interface Contender {
  check(): Promise<Checked>;
  /** Runs once. */
  run(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface ChooseOptions {
  readonly clock: Clock;
  /** Measuring stops here; the first candidate that works is always found, however long it takes. */
  readonly budgetMs: number;
  /**
   * `latency`: the shortest time for one image. `throughput`: the most images when workers fill the cores, each with the threads
   * of the candidate.
   */
  readonly objective: 'latency' | 'throughput';
  readonly cores: number;
  readonly signal?: AbortSignal;
  /** Whether an error is about all candidates, and is thrown. Default: none is. */
  readonly isFatal?: (error: unknown) => boolean;
  readonly onResult?: (result: CandidateResult) => void;
}

export type CandidateResult =
  | { readonly candidate: Candidate; readonly outcome: 'measured'; readonly latencyMs: number; readonly costMs: number }
  | {
      readonly candidate: Candidate;
      readonly outcome: 'failed' | 'golden-failed' | 'skipped';
      readonly reason: string;
    };

export interface Choice<Model extends Contender> {
  /** Still open; the caller closes it. */
  readonly model: Model;
  readonly candidate: Candidate;
  readonly results: readonly CandidateResult[];
  readonly elapsedMs: number;
}

/** A later candidate must be this much better: below lies the noise of a shared machine. */
const WORTH_IT = 0.95;
const MIN_RUNS = 3;
const MAX_RUNS = 15;

/**
 * Loads, tests and measures the candidates in turn and keeps the fastest that gives the right answers. A candidate without a rival is
 * not measured: its test, run warm, says how fast it is.
 * Nothing here knows of models or files: time and loading come from outside.
 * Throws nothing of its own but the signal's reason and what `isFatal` says; `choice` is undefined if no candidate works.
 */
export async function chooseVariant<Model extends Contender>(
  candidates: readonly Candidate[],
  open: (candidate: Candidate) => Promise<Model>,
  options: ChooseOptions,
): Promise<{ readonly choice: Choice<Model> | undefined; readonly results: readonly CandidateResult[] }> {
  const { clock, budgetMs, signal } = options;
  const start = clock.monotonic();
  const left = (): number => budgetMs - (clock.monotonic() - start);
  const results: CandidateResult[] = [];
  const hasRivals = candidates.length > 1;
  let best: { model: Model; candidate: Candidate; costMs: number } | undefined;

  for (const [index, candidate] of candidates.entries()) {
    let model: Model | undefined;
    let result: CandidateResult;
    try {
      signal?.throwIfAborted();
      if (best && left() <= 0) {
        results.push(
          report({ candidate, outcome: 'skipped', reason: `the ${budgetMs} ms for measuring were used up` }, options),
        );
        continue;
      }
      model = await open(candidate);
      if (!hasRivals) await model.run();
      const { wrong, latencyMs } = await model.check();
      if (wrong !== undefined) result = { candidate, outcome: 'golden-failed', reason: wrong };
      else if (hasRivals || latencyMs === undefined)
        result = await measure(model, candidate, left() / (candidates.length - index), options);
      else result = { candidate, outcome: 'measured', latencyMs, costMs: latencyMs };
    } catch (error) {
      await model?.close();
      if (signal?.aborted || options.isFatal?.(error)) {
        await best?.model.close();
        throw error;
      }
      result = { candidate, outcome: 'failed', reason: messageOf(error) };
      model = undefined;
    }
    results.push(report(result, options));
    if (result.outcome === 'measured' && model && (!best || result.costMs < best.costMs * WORTH_IT)) {
      await best?.model.close();
      best = { model, candidate, costMs: result.costMs };
    } else {
      await model?.close();
    }
  }
  const elapsedMs = clock.monotonic() - start;
  return { choice: best && { model: best.model, candidate: best.candidate, results, elapsedMs }, results };
}

/** Median of a few runs after a warm one, within this candidate's share of the budget. */
async function measure(
  model: Contender,
  candidate: Candidate,
  shareMs: number,
  options: ChooseOptions,
): Promise<CandidateResult> {
  const { clock, signal } = options;
  await model.run();
  const start = clock.monotonic();
  const times: number[] = [];
  while (times.length < MIN_RUNS || (times.length < MAX_RUNS && clock.monotonic() - start < shareMs)) {
    signal?.throwIfAborted();
    const before = clock.monotonic();
    await model.run();
    times.push(clock.monotonic() - before);
  }
  const latencyMs = times.sort((a, b) => a - b)[times.length >> 1] as number;
  const workers = Math.max(1, Math.floor(options.cores / Math.max(1, candidate.intraOpThreads)));
  const costMs = options.objective === 'latency' || candidate.provider !== 'cpu' ? latencyMs : latencyMs / workers;
  return { candidate, outcome: 'measured', latencyMs, costMs };
}

function report(result: CandidateResult, options: ChooseOptions): CandidateResult {
  options.onResult?.(result);
  return result;
}
