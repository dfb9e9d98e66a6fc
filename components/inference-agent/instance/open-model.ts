import { performance } from 'node:perf_hooks';
import { autotune, checkGolden, describeCandidate, loadModel } from '#packages/vision';
import type { OptimizedCache, Tuned } from '#packages/vision';
import { PackageFiles } from '#packages/model-package';
import type { InstanceFacts, OpenProgress } from './model-instance.ts';
import type { WorkerPlan } from './protocol.ts';
import type { OpenContext, OpenedModel } from './serve-worker.ts';

/** Measuring variants against each other ends after this time. */
const TUNING_BUDGET_MS = 4_000;

/**
 * A worker's preparation before it takes requests. The first worker of an instance finds the fastest variant that passes the golden
 * test here; the others load the one that it found.
 */
export async function openModel(plan: WorkerPlan, context: OpenContext): Promise<OpenedModel> {
  return plan.chosen ? openChosen(plan, plan.chosen) : openBest(plan, context);
}

async function openBest(plan: WorkerPlan, { progress, signal }: OpenContext): Promise<OpenedModel> {
  const startedAt = performance.now();
  const { manifest, labels } = plan;
  const packageFiles = filesOf(plan);
  const files = manifest.variants.map(({ file }) => file).join(', ');
  progress({ phase: 'load', message: `loading ${files} on ${plan.providers.join(', ')}` });
  const tuned = await autotune(packageFiles, manifest, labels, {
    packageHash: plan.packageHash,
    providers: plan.providers,
    requireProvider: plan.requireProvider,
    intraOpThreads: plan.threadsToTry,
    spinning: plan.spinning,
    ...(plan.maxPixels === undefined ? {} : { maxPixels: plan.maxPixels }),
    budgetMs: TUNING_BUDGET_MS,
    golden: plan.golden,
    measurePictures: plan.measurePictures,
    signal,
    ...(plan.cache?.known ? { known: plan.cache.known.choice } : {}),
    ...cacheOf(plan),
    ...(plan.maxLatencyMs === undefined ? {} : { maxLatencyMs: plan.maxLatencyMs }),
  });
  for (const result of tuned.results) {
    if (result.outcome === 'measured') continue;
    progress({ phase: 'load', message: `${describeCandidate(result.candidate)} is left out: ${result.reason}` });
  }
  progress({ phase: 'warm-up', message: warmUpMessage(tuned) });
  await tuned.model.warmUp();
  const latencyMs = plan.golden ? await passGolden(plan, tuned, progress) : undefined;
  return { model: tuned.model, facts: factsOf(tuned, latencyMs, performance.now() - startedAt) };
}

/** The choice has passed, among rivals cold; the latency that people can expect is that of the warm model. */
async function passGolden(
  plan: WorkerPlan,
  { model, candidate, goldenLatencyMs }: Tuned,
  progress: (step: OpenProgress) => void,
): Promise<number | undefined> {
  const { manifest } = plan;
  if (manifest.golden.length === 0) return undefined;
  const say = (summary: string, ms: number): void =>
    progress({ phase: 'golden', message: `${summary}, ${ms.toFixed(1)} ms with ${describeCandidate(candidate)}` });
  if (goldenLatencyMs !== undefined) {
    say(`${manifest.golden.length} golden cases passed`, goldenLatencyMs);
    return goldenLatencyMs;
  }
  const report = await checkGolden(model, manifest, filesOf(plan), { variant: candidate.variant });
  const latencyMs = Math.min(...report.cases.map((one) => one.latencyMs));
  say(report.summary, latencyMs);
  return latencyMs;
}

function warmUpMessage({ candidate, results, remembered }: Tuned): string {
  if (remembered) return `${describeCandidate(candidate)}, as chosen before`;
  const times = results.flatMap((result) =>
    result.outcome === 'measured' ? [`${describeCandidate(result.candidate)} ${result.latencyMs.toFixed(1)} ms`] : [],
  );
  return `${describeCandidate(candidate)} (${times.join(', ')})`;
}

function factsOf(tuned: Tuned, latencyMs: number | undefined, loadMs: number): InstanceFacts {
  const { candidate, model, fallbacks, choice } = tuned;
  return {
    provider: model.provider,
    fallbacks,
    ...(model.shares ? { shares: model.shares } : {}),
    variant: candidate.variant.file,
    intraOpThreads: candidate.intraOpThreads,
    inputs: model.inputs,
    outputs: model.outputs,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    loadMs: Math.round(loadMs),
    learned: { choice, ...(model.optimizedModel ? { optimized: model.optimizedModel } : {}) },
  };
}

/** Reads bytes that the agent has verified, or nothing. */
function filesOf({ packageDir, hashes, manifest, dataKey }: WorkerPlan): PackageFiles {
  const { files = [] } = manifest.encryption ?? {};
  return new PackageFiles(packageDir, hashes, dataKey === undefined ? undefined : { files, dataKey });
}

function cacheOf({ cache }: WorkerPlan): { readonly cache?: OptimizedCache } {
  if (!cache) return {};
  const { folder, known, scratch } = cache;
  return {
    cache: {
      ...(known?.optimized ? { known: { folder, model: known.optimized } } : {}),
      ...(scratch === undefined ? {} : { scratch }),
    },
  };
}

async function openChosen(plan: WorkerPlan, chosen: NonNullable<WorkerPlan['chosen']>): Promise<OpenedModel> {
  const startedAt = performance.now();
  const variant = plan.manifest.variants.find(({ file }) => file === chosen.file);
  if (!variant) throw new Error(`the package has no variant "${chosen.file}"`);
  const model = await loadModel(filesOf(plan), plan.manifest, plan.labels, {
    variant,
    providers: [chosen.provider],
    requireProvider: true,
    intraOpThreads: chosen.intraOpThreads,
    spinning: plan.spinning,
    ...(plan.maxPixels === undefined ? {} : { maxPixels: plan.maxPixels }),
    measurePictures: plan.measurePictures,
    ...cacheOf(plan),
  });
  await model.warmUp();
  const facts: InstanceFacts = {
    provider: model.provider,
    fallbacks: [],
    ...(model.shares ? { shares: model.shares } : {}),
    variant: chosen.file,
    intraOpThreads: chosen.intraOpThreads,
    inputs: model.inputs,
    outputs: model.outputs,
    loadMs: Math.round(performance.now() - startedAt),
  };
  return { model, facts };
}
