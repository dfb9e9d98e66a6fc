import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, quantile } from '#packages/foundation';
import { drawPredictions } from '#packages/annotation';
import { outputOf } from '#packages/model-package';
import type { GoldenCase, ModelPackage, Prediction } from '#packages/model-package';
import {
  boundsOf,
  comparePredictions,
  compareTensors,
  holdsTensors,
  isTensorFile,
  parseExpected,
  readTensorFile,
  tensorOfBase64,
} from '#packages/vision';
import type { AgentClient, InvokeResult, ModelStatus } from '#packages/http';
import { measureAccuracy } from './accuracy/measure-accuracy.ts';
import type { HeldBackSet } from './accuracy/held-back-set.ts';
import type { GoldenReport, LatencyReport, ModelReport } from './report/twin-report.ts';

export interface Drive {
  readonly agent: AgentClient;
  /** Files that are asked in turn besides the golden inputs; if there are none of the model's kind, the golden inputs are. */
  readonly images: readonly string[];
  /** Measured requests per model. */
  readonly requests: number;
  /** Pictures with the right answers, which were not trained on. */
  readonly heldBack?: HeldBackSet;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The agent looks at the bytes; the type only has to be one that it takes. */
const CONTENT_TYPE = 'image/jpeg';
/** The first requests load what was not yet needed. */
const WARM_UP_REQUESTS = 2;
const DRAWN = { maxEdge: 480, quality: 88 };
const PICTURES = 6;

/** Asks one model over the agent's socket, as an application does: golden inputs for what they give, images for how long they take. */
export async function driveModel(
  status: ModelStatus,
  model: ModelPackage | undefined,
  drive: Drive,
): Promise<ModelReport> {
  const { alias, name, version, hash, provider, variant, requestedProviders, fallbacks } = status;
  const identity = { alias, name, version, hash, provider, variant, requestedProviders, fallbacks };
  const golden = model ? await askGolden(status, model, drive) : [];
  const inputs = model ? askable(model).map(({ input }) => path.join(model.dir, input)) : [];
  const ofItsKind = drive.images.filter((file) => !model || suits(file, model));
  const images = ofItsKind.length > 0 ? ofItsKind : inputs;
  const { acceptance } = model?.manifest ?? {};
  const accuracy = drive.heldBack && (await measureAccuracy(drive.heldBack, drive.signal, askAbout(alias, drive)));
  const found = { ...identity, golden, ...(accuracy ? { accuracy } : {}), ...(acceptance ? { acceptance } : {}) };
  return images.length === 0 ? found : { ...found, latency: await measure(alias, images, drive) };
}

function askAbout(alias: string, drive: Drive) {
  return async (bytes: Uint8Array): Promise<readonly Prediction[]> => (await ask(alias, bytes, drive)).predictions;
}

/** An .npz holds tensors, an .npy those of a model that does not take images, or an image. */
function suits(file: string, { manifest }: ModelPackage): boolean {
  return manifest.input === undefined ? isTensorFile(file) : !holdsTensors(file, manifest);
}

/** Arrays for a model that takes images are a matter of the agent's own golden test: they do not come this way. */
function askable(model: ModelPackage): readonly GoldenCase[] {
  return model.manifest.golden.filter(({ input }) => suits(input, model));
}

async function askGolden(status: ModelStatus, model: ModelPackage, drive: Drive): Promise<readonly GoldenReport[]> {
  const reports: GoldenReport[] = [];
  const { manifest, dir } = model;
  const variant = manifest.variants.find(({ file }) => file === status.variant) ?? manifest.variants[0];
  const bounds = boundsOf(outputOf(manifest, variant));
  for (const [index, golden] of askable(model).entries()) {
    drive.signal.throwIfAborted();
    const bytes = await readFile(path.join(dir, golden.input));
    const expect = await readFile(path.join(dir, golden.expect));
    const started = performance.now();
    const input = path.basename(golden.input);
    try {
      const result = await ask(status.alias, bytes, drive);
      const ms = performance.now() - started;
      const differences = await differencesOf(result, golden, expect, bounds);
      const picture = index < PICTURES && result.image.width > 0 ? await pictureOf(bytes, result) : undefined;
      const { predictions } = result;
      reports.push({
        input,
        passed: differences.length === 0,
        differences,
        predictions,
        ms,
        ...(picture ? { picture } : {}),
      });
    } catch (error) {
      drive.signal.throwIfAborted();
      const ms = performance.now() - started;
      reports.push({ input, passed: false, differences: [messageOf(error)], predictions: [], ms });
    }
  }
  return reports;
}

async function differencesOf(
  { predictions, outputs = {} }: InvokeResult,
  golden: GoldenCase,
  expect: Uint8Array,
  bounds: ReturnType<typeof boundsOf>,
): Promise<readonly string[]> {
  if (!isTensorFile(golden.expect))
    return comparePredictions(predictions, parseExpected(expect, golden.expect), golden, bounds);
  const given = Object.entries(outputs).map(([name, tensor]) => ({ name, ...tensorOfBase64(tensor) }));
  const expected = await readTensorFile(expect, golden.expect, given);
  return compareTensors(Object.fromEntries(given.map((one) => [one.name, one])), expected, golden);
}

async function measure(alias: string, images: readonly string[], drive: Drive): Promise<LatencyReport> {
  const bytes = await Promise.all(images.map((image) => readFile(image)));
  const samples: number[] = [];
  const failures: string[] = [];
  for (let number = -WARM_UP_REQUESTS; number < drive.requests; number++) {
    drive.signal.throwIfAborted();
    const index = (number + WARM_UP_REQUESTS) % bytes.length;
    const started = performance.now();
    try {
      await ask(alias, bytes[index]!, drive);
      if (number >= 0) samples.push(performance.now() - started);
    } catch (error) {
      drive.signal.throwIfAborted();
      failures.push(`${path.basename(images[index] ?? '')}: ${messageOf(error)}`);
    }
  }
  const rounded = samples.map((ms) => Math.round(ms * 100) / 100);
  return {
    images: images.length,
    requests: drive.requests,
    failures,
    p50: quantile(rounded, 0.5),
    p95: quantile(rounded, 0.95),
    max: quantile(rounded, 1),
    samples: rounded,
  };
}

/** A copy of the bytes: a client may hand them on. */
function ask(alias: string, bytes: Uint8Array, { agent, timeoutMs, signal }: Drive): Promise<InvokeResult> {
  return agent.invoke(alias, new Uint8Array(bytes), { contentType: CONTENT_TYPE, timeoutMs, signal });
}

async function pictureOf(bytes: Uint8Array, { image, predictions }: InvokeResult): Promise<string | undefined> {
  const picture = await drawPredictions(bytes, image, predictions, DRAWN).catch(() => undefined);
  return picture?.toString('base64');
}
