import * as z from 'zod';
import { outputOf } from '#packages/model-package';
import type { GoldenCase, ModelManifest, OutputSpec, PackageFiles, Prediction, Variant } from '#packages/model-package';
import { isEdgeError, messageOf } from '#packages/foundation';
import { visionErrors } from '../errors.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { comparePredictions } from './compare-predictions.ts';
import type { Bounds } from './compare-predictions.ts';

/** Runs after the first, of which the fastest counts where there is a bound on the latency. */
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
  /** What differs, in sentences. */
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

/**
 * Runs the packaged inputs and compares with the packaged expectations.
 * @throws EdgeError `model.golden-unusable` where the golden files themselves are at fault
 */
export async function checkGolden(
  model: Pick<LoadedModel, 'infer'>,
  manifest: ModelManifest,
  files: PackageFiles,
  options: GoldenOptions = {},
): Promise<GoldenReport> {
  const variant = options.variant ?? manifest.variants[0];
  const bounds = boundsOf(outputOf(manifest, variant));
  const cases: GoldenCaseReport[] = [];
  for (const golden of manifest.golden) cases.push(await checkCase(model, golden, files, bounds, options));
  const failed = cases.filter((one) => !one.passed);
  const summary =
    failed.length === 0 ? `${cases.length} golden cases passed` : failed.map(describeFailure).join('; ').slice(0, 1000);
  return { passed: failed.length === 0, cases, summary };
}

async function checkCase(
  model: Pick<LoadedModel, 'infer'>,
  golden: GoldenCase,
  files: PackageFiles,
  bounds: Bounds,
  options: GoldenOptions,
): Promise<GoldenCaseReport> {
  const image = await readGolden(files, golden.input);
  const expected = parseExpected(await readGolden(files, golden.expect), golden.expect);
  const first = await inferGolden(model, image, golden, options.signal);
  const limitMs = Math.min(golden.maxLatencyMs ?? Infinity, options.maxLatencyMs ?? Infinity);
  let latencyMs = first.timings.totalMs;
  // A run can always be late; only if the fastest is too slow the model is.
  for (let run = 0; run < TIMED_RUNS && latencyMs > limitMs; run++) {
    latencyMs = Math.min(latencyMs, (await inferGolden(model, image, golden, options.signal)).timings.totalMs);
  }
  const differences = [...comparePredictions(first.predictions, expected, golden, bounds)];
  if (latencyMs > limitMs) differences.push(`it takes ${latencyMs.toFixed(1)} ms, and ${limitMs} ms are allowed`);
  return {
    input: golden.input,
    passed: differences.length === 0,
    differences,
    predictions: first.predictions,
    latencyMs,
  };
}

async function inferGolden(
  model: Pick<LoadedModel, 'infer'>,
  image: Uint8Array,
  golden: GoldenCase,
  signal?: AbortSignal,
) {
  try {
    // A copy: whoever runs the model may move the bytes to another thread.
    return await model.infer(new Uint8Array(image), undefined, signal);
  } catch (error) {
    if (!isEdgeError(error) || !error.code.startsWith('image.')) throw error;
    throw unusable(golden.input, error.message, error);
  }
}

async function readGolden(files: PackageFiles, file: string): Promise<Uint8Array> {
  try {
    return await files.read(file);
  } catch (error) {
    if (isEdgeError(error) && error.code === 'package.changed') throw error;
    throw unusable(file, `it cannot be read: ${messageOf(error)}`, error);
  }
}

/** @throws EdgeError `model.golden-unusable` */
export function parseExpected(bytes: Uint8Array, file: string): readonly Prediction[] {
  try {
    return expectedSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, ' ') : messageOf(error);
    throw unusable(file, `it must be a JSON array of {classId, label, score, box?}: ${reason}`, error);
  }
}

const fraction = z.number().min(0).max(1);
const expectedSchema = z.array(
  z.looseObject({
    classId: z.int(),
    label: z.string(),
    score: z.number(),
    box: z.tuple([fraction, fraction, fraction, fraction]).optional(),
  }),
) as z.ZodType<readonly Prediction[]>;

/** Where the lists of a decoder end. */
export function boundsOf(output: OutputSpec): Bounds {
  switch (output.decoder) {
    case 'classification':
      return { threshold: output.scoreThreshold ?? -Infinity, limit: output.topK };
    case 'tensor':
      return { threshold: -Infinity, limit: Infinity };
    default:
      return { threshold: output.scoreThreshold, limit: output.maxDetections };
  }
}

function describeFailure(report: GoldenCaseReport): string {
  const more = report.differences.length > 1 ? ` (and ${report.differences.length - 1} more)` : '';
  return `${report.input}: ${report.differences[0] ?? ''}${more}`;
}

function unusable(file: string, what: string, cause: unknown): Error {
  return visionErrors.error('model.golden-unusable', `the golden file "${file}" cannot be used: ${what}`, {
    cause,
    facts: { file },
  });
}
