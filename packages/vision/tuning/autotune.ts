import process from 'node:process';
import type { ModelManifest, PackageFiles, Provider } from '#packages/model-package';
import { isEdgeError, systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { visionErrors } from '../errors.ts';
import { checkGolden, goldenRun } from '../golden/check-golden.ts';
import { loadModelBy } from '../load-model.ts';
import type { Fallback, LoadedModel } from '../loaded-model.ts';
import { hardwareIdentity } from '../hardware/hardware-identity.ts';
import { cpuIdentity } from '../session/cpu-identity.ts';
import { plugInVersions } from '../session/c-api/plugged-runtime.ts';
import { nativeVersion } from '../session/native-runtime.ts';
import type { Runtime } from '../session/session.ts';
import type { OptimizedCache } from '../session/optimized-model.ts';
import { candidatesOf, describeCandidate } from './candidates.ts';
import type { Candidate } from './candidates.ts';
import { chooseVariant } from './choose-variant.ts';
import type { CandidateResult, Contender } from './choose-variant.ts';
import { choiceOf, chosenBefore } from './choice.ts';
import type { Choice, ChoiceKey } from './choice.ts';

export interface AutotuneOptions {
  readonly packageHash: string;
  readonly providers: readonly Provider[];
  readonly requireProvider?: boolean | Provider;
  /** Thread counts to try. Default: 1. */
  readonly intraOpThreads?: readonly number[];
  readonly spinning: boolean;
  /** Default 10 s. */
  readonly budgetMs?: number;
  /** Default false: bit for bit what the reference pipeline decodes. */
  readonly reducedDecode?: boolean;
  /** Whether golden cases decide. Default true. */
  readonly golden?: boolean;
  readonly maxLatencyMs?: number;
  /** The findings of an earlier call for this package. */
  readonly known?: Choice;
  readonly cache?: OptimizedCache;
  readonly maxPixels?: number;
  /** As in `LoadOptions`. */
  readonly measurePictures?: boolean;
  readonly clock?: Clock;
  /** As in `ChooseOptions`. Default: what the system says of this process. */
  readonly cpuTime?: () => number;
  /** Tells accelerators and drivers. Default: those of this machine. */
  readonly hardware?: () => string;
  /** As in `LoadOptions`. */
  readonly targets?: () => readonly string[];
  /** The way to each provider. Default: those of this release. */
  readonly runtimeOf?: (provider: Provider) => Runtime;
  readonly signal?: AbortSignal;
}

export interface Tuned {
  readonly model: LoadedModel;
  readonly candidate: Candidate;
  /** One per candidate; a single one where the choice was remembered. */
  readonly results: readonly CandidateResult[];
  readonly remembered: boolean;
  /** Of the golden test on the warm model; undefined if there were rivals, which are tested cold, or if there is no golden case. */
  readonly goldenLatencyMs?: number;
  /** To be given as `known` the next time. */
  readonly choice: Choice;
  /** Providers of the ladder that were not taken, and why. */
  readonly fallbacks: readonly Fallback[];
}

/**
 * Finds the cheapest way to run a package here that passes its golden test: variant × provider × threads.
 * With the choice of an earlier call only that one is loaded and tested.
 * @throws EdgeError `model.no-variant` with the reason of each candidate, `package.changed`
 */
export async function autotune(
  files: PackageFiles,
  manifest: ModelManifest,
  labels: readonly string[],
  options: AutotuneOptions,
): Promise<Tuned> {
  const candidates = candidatesOf(manifest, {
    providers: allowedProviders(options),
    intraOpThreads: options.intraOpThreads ?? [1],
    reducedDecode: options.reducedDecode ?? false,
  });
  const open = (candidate: Candidate): Promise<LoadedContender> =>
    openContender(files, manifest, labels, candidate, options);
  const key = keyOf(candidates, options);
  const known = chosenBefore(options.known, key, candidates);
  const choose = (of: readonly Candidate[]) =>
    chooseVariant(of, open, {
      clock: options.clock ?? systemClock,
      budgetMs: options.budgetMs ?? 10_000,
      cpuTime: options.cpuTime ?? cpuTimeOfProcess,
      // A package that somebody writes to is not to be tried variant by variant.
      isFatal: (error) => isEdgeError(error) && error.code === 'package.changed',
      ...(options.signal ? { signal: options.signal } : {}),
    });
  let { choice, results } = await choose(known ? [known] : candidates);
  if (!choice && known) ({ choice, results } = await choose(candidates));
  if (!choice) throw noVariant(manifest, candidates, results);
  const [only, ...rivals] = results;
  const isTestedWarm = hasGolden(manifest, options) && rivals.length === 0 && only?.outcome === 'measured';
  return {
    model: choice.model.loaded,
    candidate: choice.candidate,
    results,
    ...(isTestedWarm ? { goldenLatencyMs: only.latencyMs } : {}),
    remembered: choice.candidate === known,
    choice: choiceOf(key, choice.candidate),
    fallbacks: fallbacksOf(choice.candidate, options.providers, results),
  };
}

interface LoadedContender extends Contender {
  readonly loaded: LoadedModel;
}

async function openContender(
  files: PackageFiles,
  manifest: ModelManifest,
  labels: readonly string[],
  candidate: Candidate,
  options: AutotuneOptions,
): Promise<LoadedContender> {
  const loaded = await loadModelBy(options.runtimeOf, files, manifest, labels, {
    variant: candidate.variant,
    providers: [candidate.provider],
    requireProvider: candidate.provider,
    intraOpThreads: candidate.intraOpThreads,
    reducedDecode: candidate.reducedDecode,
    spinning: options.spinning,
    ...(options.cache ? { cache: options.cache } : {}),
    ...(options.targets ? { targets: options.targets } : {}),
    ...(options.maxPixels === undefined ? {} : { maxPixels: options.maxPixels }),
    measurePictures: options.measurePictures ?? false,
  });
  const golden = manifest.golden[0] && (await goldenRun(loaded, manifest, manifest.golden[0], files));
  return {
    loaded,
    async check() {
      if (!hasGolden(manifest, options)) return {};
      const report = await checkGolden(loaded, manifest, files, {
        variant: candidate.variant,
        ...(options.maxLatencyMs === undefined ? {} : { maxLatencyMs: options.maxLatencyMs }),
        ...(options.signal ? { signal: options.signal } : {}),
      });
      if (!report.passed) return { wrong: report.summary };
      return { latencyMs: Math.min(...report.cases.map((one) => one.latencyMs)) };
    },
    run: async () => void (await (golden ? golden() : loaded.warmUp())),
    close: () => loaded.close(),
  };
}

function hasGolden(manifest: ModelManifest, { golden }: AutotuneOptions): boolean {
  return golden !== false && manifest.golden.length > 0;
}

function allowedProviders({ providers, requireProvider }: AutotuneOptions): readonly Provider[] {
  if (!requireProvider) return providers;
  return requireProvider === true ? providers.slice(0, 1) : [requireProvider];
}

function keyOf(candidates: readonly Candidate[], options: AutotuneOptions): ChoiceKey {
  const question = [RULE, options.spinning, ...candidates.map(describeCandidate)].join(';');
  return {
    packageHash: options.packageHash,
    runtime: nativeVersion() + plugInVersions(),
    cpu: cpuIdentity(),
    hardware: candidates.some(({ provider }) => provider !== 'cpu' && provider !== 'wasm')
      ? (options.hardware ?? hardwareIdentity)()
      : '',
    question,
  };
}

/** Providers above the one taken: what kept each from being it. */
function fallbacksOf(
  chosen: Candidate,
  ladder: readonly Provider[],
  results: readonly CandidateResult[],
): readonly Fallback[] {
  const above = ladder.slice(0, Math.max(0, ladder.indexOf(chosen.provider)));
  return above.map((provider) => {
    const own = results.filter((result) => result.candidate.provider === provider);
    const fastest = Math.min(...own.map((result) => (result.outcome === 'measured' ? result.latencyMs : Infinity)));
    if (fastest < Infinity) return { provider, reason: `slower here: ${fastest.toFixed(1)} ms at best` };
    const reasons = own.flatMap((result) => (result.outcome === 'measured' ? [] : [result.reason]));
    return { provider, reason: reasons[0] ?? 'an earlier choice that is remembered was faster' };
  });
}

function cpuTimeOfProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Of the comparison: a choice that another rule made is not taken over. */
const RULE = 'latency × CPU time';

function noVariant(
  manifest: ModelManifest,
  candidates: readonly Candidate[],
  results: readonly CandidateResult[],
): Error {
  const reasons = results.map(
    (result) => `${describeCandidate(result.candidate)}: ${'reason' in result ? result.reason : ''}`,
  );
  return visionErrors.error(
    'model.no-variant',
    `none of the ${candidates.length} ways to run ${manifest.name} ${manifest.version} works here. ${reasons.join('; ')}`.slice(
      0,
      3000,
    ),
    { facts: { results: results.map((result) => ({ ...result, candidate: describeCandidate(result.candidate) })) } },
  );
}
