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
  /** CPU time that this process has used so far, all threads together, in ms. */
  readonly cpuTime: () => number;
  /** Measuring stops here; the first candidate that works is always found, however long it takes. */
  readonly budgetMs: number;
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

/** A later candidate must be this much better, unless it needs fewer threads: below lies the noise of a shared machine. */
const WORTH_IT = 0.95;
const MIN_RUNS = 3;
const MAX_RUNS = 15;

/**
 * Loads, tests and measures the candidates in turn and keeps the cheapest that gives the right answers. A candidate without a rival is
 * not measured: its test, run warm, says how fast it is.
 *
 * The cost of an accelerator is its latency. The cost of the CPU is the geometric mean of latency and CPU time, which orders
 * candidates as the energy-delay product does (Gonzalez and Horowitz, 1996): two threads have to save as large a part of
 * the time as they add in work, or they only take cores away from the other models and cameras.
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
    if (result.outcome === 'measured' && model && (!best || isBetter(result, best))) {
      await best?.model.close();
      best = { model, candidate, costMs: result.costMs };
    } else {
      await model?.close();
    }
  }
  const elapsedMs = clock.monotonic() - start;
  return { choice: best && { model: best.model, candidate: best.candidate, results, elapsedMs }, results };
}

/**
 * The least of a few runs after a warm one, within this candidate's share of the budget: other programs can only make a run longer,
 * and a device that starts is busy.
 */
async function measure(
  model: Contender,
  candidate: Candidate,
  shareMs: number,
  options: ChooseOptions,
): Promise<CandidateResult> {
  const { clock, cpuTime, signal } = options;
  await model.run();
  const start = clock.monotonic();
  let latencyMs = Infinity;
  let cpuMs = Infinity;
  for (let runs = 0; runs < MIN_RUNS || (runs < MAX_RUNS && clock.monotonic() - start < shareMs); runs++) {
    signal?.throwIfAborted();
    const cpuBefore = cpuTime();
    const before = clock.monotonic();
    await model.run();
    latencyMs = Math.min(latencyMs, clock.monotonic() - before);
    cpuMs = Math.min(cpuMs, cpuTime() - cpuBefore);
  }
  const costMs = usesCpu(candidate) ? Math.sqrt(latencyMs * cpuMs) : latencyMs;
  return { candidate, outcome: 'measured', latencyMs, costMs };
}

interface Cost {
  readonly candidate: Candidate;
  readonly costMs: number;
}

function isBetter(one: Cost, best: Cost): boolean {
  const hasFewerThreads = one.candidate.intraOpThreads < best.candidate.intraOpThreads;
  return one.costMs < best.costMs * (hasFewerThreads ? 1 : WORTH_IT);
}

function usesCpu({ provider }: Candidate): boolean {
  return provider === 'cpu' || provider === 'wasm';
}

function report(result: CandidateResult, options: ChooseOptions): CandidateResult {
  options.onResult?.(result);
  return result;
}
