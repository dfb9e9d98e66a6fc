import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, quantile } from '#packages/foundation';
import { drawPredictions } from '#packages/annotation';
import { outputOf } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';
import { boundsOf, comparePredictions, parseExpected } from '#packages/vision';
import type { AgentClient, InvokeResult, ModelStatus } from '#packages/http';
import type { GoldenReport, LatencyReport, ModelReport } from './report/twin-report.ts';

export interface Drive {
  readonly agent: AgentClient;
  /** Files that are asked in turn besides the golden inputs; where there are none, the golden inputs are. */
  readonly images: readonly string[];
  /** Measured requests per model. */
  readonly requests: number;
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
  const inputs = model ? model.manifest.golden.map(({ input }) => path.join(model.dir, input)) : [];
  const images = drive.images.length > 0 ? drive.images : inputs;
  if (images.length === 0) return { ...identity, golden };
  return { ...identity, golden, latency: await measure(alias, images, drive) };
}

async function askGolden(status: ModelStatus, model: ModelPackage, drive: Drive): Promise<readonly GoldenReport[]> {
  const reports: GoldenReport[] = [];
  const { manifest, dir } = model;
  const variant = manifest.variants.find(({ file }) => file === status.variant) ?? manifest.variants[0];
  const bounds = boundsOf(outputOf(manifest, variant));
  for (const [index, golden] of manifest.golden.entries()) {
    drive.signal.throwIfAborted();
    const bytes = await readFile(path.join(dir, golden.input));
    const expected = parseExpected(await readFile(path.join(dir, golden.expect)), golden.expect);
    const started = performance.now();
    const input = path.basename(golden.input);
    try {
      const result = await ask(status.alias, bytes, drive);
      const ms = performance.now() - started;
      const differences = comparePredictions(result.predictions, expected, golden, bounds);
      const picture = index < PICTURES ? await pictureOf(bytes, result) : undefined;
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
