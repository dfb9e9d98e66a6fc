import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openDataKey, PackageFiles, parseLabels, parseManifest, runsOn } from '#packages/model-package';
import type { EncryptedFiles, ModelManifest, Prediction, Provider, Timings, Variant } from '#packages/model-package';
import { checkGolden, Doubts, loadModel, readTensorFeeds, tensorOfBase64 } from '#packages/vision';
import type { Inference, LoadedModel, NamedTensors } from '#packages/vision';
import { messageOf } from '#packages/foundation';
import { createAgentClient } from '#packages/http';
import { cliErrors } from './errors.ts';
import type { DecryptionKeyOption } from './frame/decryption-key.ts';
import type { Output } from './frame/output.ts';
import { providersOf } from './frame/providers-of.ts';
import { rootOf } from './local/core-root.ts';
import type { RootOption } from './local/core-root.ts';
import { plainTensor } from './predict-tensor.ts';
import type { PlainTensor } from './predict-tensor.ts';

export interface PredictorOptions extends RootOption, DecryptionKeyOption {
  readonly package?: string;
  readonly service?: string;
  readonly variant?: string;
  readonly provider: string;
  readonly requireProvider?: boolean;
  readonly threads: string;
  readonly golden?: boolean;
  /** Inputs follow one another: outputs that model.json hands on are inputs of the next. */
  readonly sequence?: boolean;
}

/** Something that answers images: a package loaded into this process, or a service of a running agent. */
export interface Predictor {
  predict(image: Uint8Array, signal: AbortSignal): Promise<Answer>;
  /** Doubts about the answers so far; none of a service, whose package lies elsewhere. */
  readonly doubts: readonly string[];
  close(): Promise<void>;
}

export interface Answer {
  readonly predictions: readonly Prediction[];
  readonly timings: Timings;
  readonly width: number;
  readonly height: number;
  readonly provider: string;
  readonly variant: string;
  /** Of models without predictions: the tensors' types, shapes and numbers. */
  readonly outputs?: Readonly<Record<string, PlainTensor>>;
}

/**
 * Opens what the options ask for.
 * @throws EdgeError `cli.usage`, `cli.package-unreadable` and those of loading a model
 */
export async function openPredictor(options: PredictorOptions, out: Output, signal: AbortSignal): Promise<Predictor> {
  if ((options.package === undefined) === (options.service === undefined)) {
    throw cliErrors.error('cli.usage', 'give either --package <folder> or --service <name>');
  }
  if (options.service !== undefined) return servicePredictor(options.service, options);
  return packagePredictor(options.package ?? '', options, out, signal);
}

function servicePredictor(service: string, options: PredictorOptions): Predictor {
  const sequence = options.sequence ? `predict-${randomUUID()}` : undefined;
  const client = createAgentClient({ socketPath: path.join(rootOf(options), 'work/edgeml.InferenceAgent/agent.sock') });
  return {
    async predict(image, signal) {
      // The agent looks at the bytes; the type only has to be one that it takes.
      const result = await client.invoke(service, image, { contentType: 'image/jpeg', sequence, signal });
      const { predictions, timings, provider, variant, outputs } = result;
      const answer = { predictions, timings, ...result.image, provider, variant };
      return outputs === undefined
        ? answer
        : { ...answer, outputs: mapValues(outputs, (one) => plainTensor(tensorOfBase64(one))) };
    },
    doubts: [],
    close: async () => client.close(),
  };
}

async function packagePredictor(
  folder: string,
  options: PredictorOptions,
  out: Output,
  signal: AbortSignal,
): Promise<Predictor> {
  const manifest = await readManifest(folder);
  const labels = manifest.labels === undefined ? [] : parseLabels(await readPackageText(folder, manifest.labels));
  const providers = providersOf(options.provider);
  const variant = variantOf(manifest, options.variant, providers);
  const files = new PackageFiles(folder, undefined, await openedBy(options, manifest, signal));
  const doubts = new Doubts(manifest, variant, labels);
  const model = await loadModel(files, manifest, labels, {
    onRun: doubts.onRun,
    variant,
    providers,
    requireProvider: options.requireProvider ?? false,
    intraOpThreads: threadsOf(options.threads),
    spinning: true,
  });
  try {
    for (const { provider, reason } of model.fallbacks) out.note(`${provider} is not used: ${reason}`);
    if (options.golden) await requireGolden(model, manifest, files, variant, out, signal);
    await model.warmUp();
  } catch (error) {
    await model.close();
    throw error;
  }
  const infer = options.sequence ? inSequence(model, manifest) : undefined;
  return {
    async predict(image, abort) {
      const inference = await (infer ? infer(image, abort) : model.infer(image, undefined, abort));
      const { predictions, timings, image: size, outputs } = inference;
      doubts.answered(image, predictions);
      const answer = { predictions, timings, ...size, provider: model.provider, variant: variant.file };
      return outputs === undefined ? answer : { ...answer, outputs: mapValues(outputs, plainTensor) };
    },
    get doubts() {
      return doubts.all;
    },
    close: () => model.close(),
  };
}

/** The key to the encrypted files of a package; undefined if there are none. @throws EdgeError `encryption.*`, `packaging.file-unreadable` */
async function openedBy(
  { decryptionKey = [] }: PredictorOptions,
  { name, encryption }: ModelManifest,
  signal: AbortSignal,
): Promise<EncryptedFiles | undefined> {
  if (!encryption) return undefined;
  const { givenKeys, holderOf } = await import('../package/encryption/given-keys.ts');
  const { AwsClients } = await import('../package/source/aws-clients.ts');
  const aws = new AwsClients();
  try {
    const dataKey = await openDataKey(name, encryption, holderOf(await givenKeys(decryptionKey), aws), signal);
    return { files: encryption.files, dataKey };
  } finally {
    aws.close();
  }
}

/** Runs arrays one after the other, each with the state that the one before has left. */
function inSequence(model: LoadedModel, { tensors, input }: ModelManifest) {
  const handedOn = Object.entries(tensors).filter(([, { from }]) => from !== undefined);
  if (input || handedOn.length === 0)
    throw cliErrors.error(
      'cli.usage',
      '--sequence: model.json hands no output on to the next call, {"tensors": {"state": {"from": "stateN"}}}',
    );
  let state: NamedTensors = {};
  return async (file: Uint8Array, signal: AbortSignal): Promise<Inference> => {
    const feeds = await readTensorFeeds(file, 'the input', model.inputs, tensors);
    const start = performance.now();
    const outputs = await model.inferTensors({ ...state, ...feeds }, signal);
    const runMs = performance.now() - start;
    state = Object.fromEntries(
      handedOn.flatMap(([name, { from = '' }]) => (outputs[from] ? [[name, outputs[from]]] : [])),
    );
    const timings = { decodeMs: 0, preprocessMs: 0, runMs, postprocessMs: 0, totalMs: runMs };
    return { image: { width: 0, height: 0 }, predictions: [], outputs, timings };
  };
}

async function requireGolden(
  model: LoadedModel,
  manifest: ModelManifest,
  files: PackageFiles,
  variant: Variant,
  out: Output,
  signal: AbortSignal,
): Promise<void> {
  if (manifest.golden.length === 0) throw cliErrors.error('cli.usage', `the package ${files.dir} has no golden cases`);
  const report = await checkGolden(model, manifest, files, { variant, signal });
  if (!report.passed) throw cliErrors.error('cli.golden-failed', report.summary, { facts: { cases: report.cases } });
  out.note(report.summary);
}

async function readManifest(folder: string): Promise<ModelManifest> {
  const text = await readPackageText(folder, 'model.json');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw cliErrors.error(
      'cli.package-unreadable',
      `${path.join(folder, 'model.json')} is not JSON: ${messageOf(cause)}`,
      { cause },
    );
  }
  return parseManifest(value, path.join(folder, 'model.json'));
}

async function readPackageText(folder: string, file: string): Promise<string> {
  try {
    return await readFile(path.join(folder, file), 'utf8');
  } catch (cause) {
    throw cliErrors.error(
      'cli.package-unreadable',
      `the package ${folder} has no readable "${file}": ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** The named variant, or the first that one of the providers may run. */
function variantOf(manifest: ModelManifest, file: string | undefined, providers: readonly Provider[]): Variant {
  const files = manifest.variants.map((variant) => variant.file);
  const fits = (variant: Variant): boolean => providers.some((provider) => runsOn(variant, provider));
  const variant =
    file === undefined
      ? (manifest.variants.find(fits) ?? manifest.variants[0])
      : manifest.variants.find((one) => one.file === file);
  if (variant) return variant;
  throw cliErrors.error('cli.usage', `the package has no variant "${file ?? ''}"; it has ${files.join(', ')}`);
}

function threadsOf(text: string): number {
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 0 && threads <= 1024) return threads;
  throw cliErrors.error('cli.usage', `--threads is "${text}"; give a whole number from 0`);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
