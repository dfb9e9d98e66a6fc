import { outputOf } from '#packages/model-package';
import type { GoldenCase, ModelManifest, OutputSpec, PackageFiles, Prediction, Variant } from '#packages/model-package';
import { isEdgeError, messageOf, systemClock } from '#packages/foundation';
import type { LoadedModel, NamedTensors } from '../loaded-model.ts';
import { readTensorFeeds } from '../tensor/tensor-feeds.ts';
import { isTensorFile, readTensorFile } from '../tensor/tensor-file.ts';
import { comparePredictions } from './compare-predictions.ts';
import type { Bounds } from './compare-predictions.ts';
import { compareTensors } from './compare-tensors.ts';
import { parseExpected } from './parse-expected.ts';
import { unusableGolden } from './unusable-golden.ts';

/** Runs after the first, of which the fastest counts if there is a bound on the latency. */
const TIMED_RUNS = 3;

export interface GoldenReport {
  /** True where every case passed; a package without cases passes. */
  readonly passed: boolean;
  readonly cases: readonly GoldenCaseReport[];
  /** One sentence for people: what differed first, and where. */
  readonly summary: string;
}

export interface GoldenCaseReport {
  readonly input: string;
  readonly passed: boolean;
  /** The differences, in sentences. */
  readonly differences: readonly string[];
  readonly predictions: readonly Prediction[];
  /** Decode to predictions, of the fastest run. */
  readonly latencyMs: number;
}

export interface GoldenOptions {
  /** The variant that was loaded; by default the first one. */
  readonly variant?: Variant;
  /** A bound for all cases besides their own. */
  readonly maxLatencyMs?: number;
  readonly signal?: AbortSignal;
}

/** The part of a model that a golden test needs. */
export type GoldenModel = Pick<LoadedModel, 'infer' | 'inferTensors' | 'inputs' | 'outputs'>;

/**
 * Runs the packaged inputs and compares with the packaged expectations.
 * @throws EdgeError `model.golden-unusable` if the golden files themselves are at fault
 */
export async function checkGolden(
  model: GoldenModel,
  manifest: ModelManifest,
  files: PackageFiles,
  options: GoldenOptions = {},
): Promise<GoldenReport> {
  const variant = options.variant ?? manifest.variants[0];
  const bounds = boundsOf(outputOf(manifest, variant));
  const cases: GoldenCaseReport[] = [];
  for (const golden of manifest.golden) cases.push(await checkCase(model, manifest, golden, files, bounds, options));
  const failed = cases.filter((one) => !one.passed);
  const summary =
    failed.length === 0 ? `${cases.length} golden cases passed` : failed.map(describeFailure).join('; ').slice(0, 1000);
  return { passed: failed.length === 0, cases, summary };
}

async function checkCase(
  model: GoldenModel,
  manifest: ModelManifest,
  golden: GoldenCase,
  files: PackageFiles,
  bounds: Bounds,
  options: GoldenOptions,
): Promise<GoldenCaseReport> {
  const run = await goldenRun(model, manifest, golden, files, options.signal);
  const compare = await comparison(model, manifest, golden, files, bounds);
  const first = await run();
  const limitMs = Math.min(golden.maxLatencyMs ?? Infinity, options.maxLatencyMs ?? Infinity);
  let { latencyMs } = first;
  // A run can always be late; only if the fastest is too slow the model is.
  for (let times = 0; times < TIMED_RUNS && latencyMs > limitMs; times++) {
    latencyMs = Math.min(latencyMs, (await run()).latencyMs);
  }
  const differences = [...compare(first)];
  if (latencyMs > limitMs) differences.push(`it takes ${latencyMs.toFixed(1)} ms, and ${limitMs} ms are allowed`);
  return {
    input: golden.input,
    passed: differences.length === 0,
    differences,
    predictions: first.predictions,
    latencyMs,
  };
}

/** Outcome of one run of a golden input. */
export interface GoldenRun {
  readonly predictions: readonly Prediction[];
  /** Of the decoder `tensor` alone. */
  readonly outputs?: NamedTensors | undefined;
  readonly latencyMs: number;
}

/**
 * Prepares the runs of a golden input: an .npz holds tensors, as does an .npy for a model that does not take images; everything else is an image.
 * @throws EdgeError `model.golden-unusable` if the input cannot be read, also from the function returned
 */
export async function goldenRun(
  model: GoldenModel,
  manifest: ModelManifest,
  golden: Pick<GoldenCase, 'input'>,
  files: PackageFiles,
  signal?: AbortSignal,
): Promise<() => Promise<GoldenRun>> {
  const bytes = await readGolden(files, golden.input);
  if (holdsTensors(golden.input, manifest)) {
    const feeds = await usable(golden.input, () =>
      readTensorFeeds(bytes, golden.input, model.inputs, manifest.tensors),
    );
    return () =>
      usable(golden.input, async () => {
        const start = systemClock.monotonic();
        const outputs = await model.inferTensors(feeds, signal);
        return { predictions: [], outputs, latencyMs: systemClock.monotonic() - start };
      });
  }
  return () =>
    usable(golden.input, async () => {
      // A copy: the model may move the bytes to another thread.
      const { predictions, outputs, timings } = await model.infer(new Uint8Array(bytes), undefined, signal);
      return { predictions, outputs, latencyMs: timings.totalMs };
    });
}

/** Whether a golden input is tensors, not an image. */
export function holdsTensors(input: string, manifest: Pick<ModelManifest, 'input'>): boolean {
  return /\.npz$/i.test(input) || (manifest.input === undefined && isTensorFile(input));
}

async function comparison(
  model: GoldenModel,
  { output }: ModelManifest,
  golden: GoldenCase,
  files: PackageFiles,
  bounds: Bounds,
): Promise<(run: GoldenRun) => readonly string[]> {
  const bytes = await readGolden(files, golden.expect);
  if (!isTensorFile(golden.expect)) {
    // An empty list would fit whatever the model gives.
    if (output.decoder === 'tensor')
      throw unusableGolden(golden.expect, 'the model gives tensors, which are expected as .npz or .npy', undefined);
    const expected = parseExpected(bytes, golden.expect);
    return ({ predictions }) => comparePredictions(predictions, expected, golden, bounds);
  }
  const expected = await usable(golden.expect, () => readTensorFile(bytes, golden.expect, model.outputs));
  if (Object.keys(expected).length === 0) throw unusableGolden(golden.expect, 'it holds no array', undefined);
  return ({ outputs }) => {
    if (!outputs)
      throw unusableGolden(golden.expect, 'the decoder gives predictions, which are expected as .json', undefined);
    return compareTensors(outputs, expected, golden);
  };
}

/** Errors of a golden file name the file. */
async function usable<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isEdgeError(error) || !/^(image|tensor)\.|^model\.input-invalid$/.test(error.code)) throw error;
    throw unusableGolden(file, error.message, error);
  }
}

async function readGolden(files: PackageFiles, file: string): Promise<Uint8Array> {
  try {
    return await files.read(file);
  } catch (error) {
    if (isEdgeError(error) && error.code === 'package.changed') throw error;
    throw unusableGolden(file, `it cannot be read: ${messageOf(error)}`, error);
  }
}

/** Where the lists of a decoder end. */
export function boundsOf(output: OutputSpec): Bounds {
  switch (output.decoder) {
    case 'classification':
      return { threshold: output.scoreThreshold ?? -Infinity, limit: output.topK };
    case 'ctc':
      return { threshold: output.scoreThreshold, limit: 1 };
    case 'segmentation':
    case 'tensor':
      return { threshold: -Infinity, limit: Infinity };
    case 'anomaly':
    case 'embedding':
      return { threshold: -Infinity, limit: 1 };
    default:
      return { threshold: output.scoreThreshold, limit: output.maxDetections };
  }
}

function describeFailure(report: GoldenCaseReport): string {
  const more = report.differences.length > 1 ? ` (and ${report.differences.length - 1} more)` : '';
  return `${report.input}: ${report.differences[0] ?? ''}${more}`;
}
