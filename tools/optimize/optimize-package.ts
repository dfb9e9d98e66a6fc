import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeAtomically } from '#packages/foundation';
import { inputOf, MANIFEST_FILE, parseManifest } from '#packages/model-package';
import type { ModelManifest, Prediction, Variant } from '#packages/model-package';
import { holdsTensors, ImagePreparer, npyOfTensor, preparerOptions } from '#packages/vision';
import { checkVariant } from '../package/check/check-model.ts';
import { runsOnCpu, withModel } from '../package/check/run-model.ts';
import { readGiven } from '../package/files.ts';
import { agreementOf } from './agreement.ts';
import { optimizeErrors } from './errors.ts';
import { endOf } from './python-environment.ts';

export const KINDS = ['int8', 'fp16'] as const;
type OptimizeKind = (typeof KINDS)[number];

export interface OptimizeRequest {
  /** Folder of the package; variants are written into it. */
  readonly dir: string;
  readonly kinds: readonly OptimizeKind[];
  /** Pictures besides the golden ones, for calibration and comparison. */
  readonly images: readonly string[];
  /** Least mean agreement with the fp32 variant, 0..1. */
  readonly minAgreement: number;
  /** Interpreter that has ONNX Runtime's tools. */
  readonly python: string;
}

export interface OptimizeOutcome {
  readonly kind: OptimizeKind;
  readonly file: string;
  readonly bytes: number;
  /** Mean over the pictures. */
  readonly agreement: number;
  readonly pictures: number;
  readonly kept: boolean;
  /** Why it is not kept; else the result of the golden cases. */
  readonly because: string;
}

const run = promisify(execFile);
const SCRIPT = path.join(import.meta.dirname, 'optimize_model.py');
const CONVERT_MS = 1_800_000;

/**
 * Makes variants, compares each with the fp32 one on pictures, and enters those into model.json that agree enough and pass the golden
 * cases.
 * @throws EdgeError `optimize.*` and those of loading a model
 */
export async function optimizePackage(
  request: OptimizeRequest,
  signal: AbortSignal,
): Promise<readonly OptimizeOutcome[]> {
  const { dir } = request;
  let plain = JSON.parse((await readGiven(path.join(dir, MANIFEST_FILE))).toString('utf8')) as PlainManifest;
  const manifest = parseManifest(plain);
  const original = originalOf(dir, manifest);
  const images = await picturesOf(request, manifest);
  const outcomes: OptimizeOutcome[] = [];
  const work = await mkdtemp(path.join(tmpdir(), 'edgeml-optimize-'));
  try {
    const { answers: truth, input, pictures } = await measured(dir, work, manifest, original, images, signal);
    for (const kind of request.kinds) {
      const file = `model.${kind}.onnx`;
      const output = path.join(work, file);
      await convert(request.python, { kind, model: path.join(dir, original.file), output, input, pictures }, signal);
      const bytes = await readGiven(output);
      const outdated = plain.variants.filter((one) => one.file !== file);
      const draft = { ...plain, variants: [...outdated, entryOf(kind, file, plain.variants, original)] };
      const tried = parseManifest(draft);
      const former = await readFile(path.join(dir, file)).catch(() => undefined);
      await writeAtomically(path.join(dir, file), bytes);
      const outcome = await judged(request, tried, images, truth, signal);
      outcomes.push({ kind, file, bytes: bytes.length, pictures: images.length, ...outcome });
      if (outcome.kept) plain = draft;
      // One that was there before has not become worse.
      else if (former) await writeAtomically(path.join(dir, file), former);
      else await rm(path.join(dir, file));
      await writeAtomically(path.join(dir, MANIFEST_FILE), `${JSON.stringify(plain, undefined, 2)}\n`);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return outcomes;
}

type PlainVariant = Readonly<Record<string, unknown>> & { readonly file: string };
type PlainManifest = Readonly<Record<string, unknown>> & { readonly variants: readonly PlainVariant[] };

function originalOf(dir: string, manifest: ModelManifest): Variant {
  const found = manifest.variants.find((one) => one.precision === 'fp32' && runsOnCpu(one));
  if (manifest.input && found) return found;
  const lack = manifest.input ? 'does not have an fp32 variant that runs on the CPU' : 'takes tensors, not pictures';
  throw optimizeErrors.error('optimize.unsuited', `the package ${dir} ${lack}`, { facts: { package: dir } });
}

async function picturesOf({ dir, images }: OptimizeRequest, manifest: ModelManifest): Promise<readonly Uint8Array[]> {
  const golden = manifest.golden.filter(({ input }) => !holdsTensors(input, manifest));
  const files = [...golden.map(({ input }) => path.join(dir, input)), ...images];
  if (files.length === 0)
    throw optimizeErrors.error('optimize.unsuited', `there are no pictures to measure ${dir} on`, {
      facts: { package: dir },
    });
  return Promise.all(files.map(readGiven));
}

/** Settings of the input and output that the original has of its own hold for what is made of it, too. */
function entryOf(kind: OptimizeKind, file: string, variants: readonly PlainVariant[], original: Variant): PlainVariant {
  const { input, output }: Partial<PlainVariant> = variants.find((one) => one.file === original.file) ?? {};
  return {
    file,
    precision: kind,
    ...(kind === 'int8' ? { providers: ['cpu'] } : {}),
    ...(input ? { input } : {}),
    ...(output ? { output } : {}),
  };
}

/** The fp32 variant's answers for the pictures, their input tensors as files, and the name of the input. */
async function measured(
  dir: string,
  work: string,
  manifest: ModelManifest,
  variant: Variant,
  images: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<Measured> {
  return withModel(dir, manifest, variant, async (model) => {
    const spec = inputOf(manifest, variant);
    const [only, ...others] = model.inputs;
    if (!spec || !only || others.length > 0) {
      const message = `the model of ${dir} takes ${model.inputs.length} inputs; one picture alone can be calibrated`;
      throw optimizeErrors.error('optimize.unsuited', message, { facts: { package: dir } });
    }
    const preparer = new ImagePreparer(spec, preparerOptions({}));
    const pictures: string[] = [];
    const answers: (readonly Prediction[])[] = [];
    for (const [index, image] of images.entries()) {
      signal.throwIfAborted();
      const prepared = await preparer.prepare(image, signal);
      const file = path.join(work, `${index}.npy`);
      await writeFile(file, npyOfTensor(prepared.feed));
      pictures.push(file);
      answers.push((await model.inferPrepared(prepared)).predictions);
    }
    return { input: only.name, pictures, answers };
  });
}

interface Measured {
  readonly input: string;
  readonly pictures: readonly string[];
  readonly answers: readonly (readonly Prediction[])[];
}

async function convert(python: string, order: ConvertOrder, signal: AbortSignal): Promise<void> {
  await run(python, [SCRIPT, JSON.stringify(order)], { timeout: CONVERT_MS, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    const { kind, model } = order;
    const message = `${model} does not become ${kind}: ${endOf(cause)}`;
    throw optimizeErrors.error('optimize.failed', message, { cause, facts: { kind } });
  });
}

interface ConvertOrder {
  readonly kind: OptimizeKind;
  readonly model: string;
  readonly output: string;
  readonly input: string;
  readonly pictures: readonly string[];
}

/** The last variant of the manifest, held against the answers of the original. */
async function judged(
  { dir, minAgreement }: OptimizeRequest,
  manifest: ModelManifest,
  images: readonly Uint8Array[],
  truth: Measured['answers'],
  signal: AbortSignal,
): Promise<Pick<OptimizeOutcome, 'agreement' | 'kept' | 'because'>> {
  const variant = manifest.variants.at(-1) ?? manifest.variants[0];
  const isDetector = manifest.task !== 'image-classification';
  const agreement = await withModel(dir, manifest, variant, async (model) => {
    let sum = 0;
    for (const [index, image] of images.entries()) {
      const { predictions } = await model.infer(image, undefined, signal);
      sum += agreementOf(truth[index] ?? [], predictions, isDetector);
    }
    return sum / images.length;
  });
  if (agreement < minAgreement) return { agreement, kept: false, because: `less than ${minAgreement} is too little` };
  const { state, summary } = await checkVariant(dir, manifest, variant, signal);
  return { agreement, kept: state === 'passed', because: summary };
}
