import { rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '#packages/foundation';
import { PackageFiles } from '#packages/model-package';
import type { Provider } from '#packages/model-package';
import { ARRAY_OF, elementsOf, modelSource, nativeRuntime, pluggedRuntime } from '#packages/vision';
import type { NamedTensors, Runtime } from '#packages/vision';
import { projectPaths } from '../../tools/bundle/project.ts';
import { writeLargeModel } from './large-model.ts';
import { openPython } from './python-way.ts';
import type { Way } from './way.ts';

interface Counts {
  readonly images: number;
  readonly rounds: number;
  readonly threads: number;
}

type Measured =
  | { readonly way: string; readonly p50Ms: number; readonly perSecond: number; readonly ratio: number }
  | { readonly way: string; readonly reason: string };

/** Every way runs once to warm up, then they take turns, so that what else the machine does meets all of them. */
export async function measureWays(
  provider: Provider,
  models: readonly string[],
  python: string | undefined,
  counts: Counts,
  signal: AbortSignal,
): Promise<readonly { readonly model: string; readonly ways: readonly Measured[] }[]> {
  const large = models.length === 0 ? await writeLargeModel() : undefined;
  const sample = path.join(projectPaths.models, 'PartsDetector/model.onnx');
  try {
    const report = [];
    for (const model of large === undefined ? models : [sample, large]) {
      const openings: Readonly<Record<string, () => Promise<Way>>> = {
        binding: () => openHere(nativeRuntime, model, provider, counts),
        'C interface': () => openHere(pluggedRuntime, model, provider, counts),
        ...(python === undefined ? {} : { Python: () => openPython(python, model, provider, counts.threads, signal) }),
      };
      report.push({ model: path.basename(model), ways: await inTurn(openings, counts, signal) });
    }
    return report;
  } finally {
    if (large !== undefined) await rm(path.dirname(large), { recursive: true, force: true });
  }
}

async function inTurn(
  openings: Readonly<Record<string, () => Promise<Way>>>,
  { images, rounds }: Counts,
  signal: AbortSignal,
): Promise<readonly Measured[]> {
  const ways = new Map<string, { readonly way: Way; readonly times: number[] }>();
  const failed: Measured[] = [];
  try {
    for (const [name, open] of Object.entries(openings)) {
      try {
        const way = await open();
        ways.set(name, { way, times: [] });
        await way.run(2);
      } catch (error) {
        ways.delete(name);
        failed.push({ way: name, reason: messageOf(error) });
      }
    }
    for (let round = 0; round < rounds; round++)
      for (const { way, times } of ways.values()) {
        signal.throwIfAborted();
        times.push(...(await way.run(images)));
      }
  } finally {
    for (const { way } of ways.values()) await way.close();
  }
  const medians = [...ways].map(([way, { times }]) => ({ way, times, p50Ms: medianOf(times) }));
  const first = medians[0]?.p50Ms ?? NaN;
  const measured = medians.map(({ way, times, p50Ms }) => {
    const perSecond = (1_000 * times.length) / times.reduce((sum, ms) => sum + ms, 0);
    return { way, p50Ms, perSecond, ratio: first / p50Ms };
  });
  return [...measured, ...failed];
}

async function openHere(runtime: Runtime, model: string, provider: Provider, { threads }: Counts): Promise<Way> {
  const absent = runtime.whyUnavailable(provider);
  if (absent !== undefined) throw new Error(absent);
  const source = modelSource(new PackageFiles(path.dirname(path.resolve(model))), path.basename(model));
  const session = await runtime.open(source, provider, { intraOpThreads: threads, spinning: false });
  const feeds: NamedTensors = Object.fromEntries(
    session.inputs.map(({ name, type, shape }) => {
      const whole = shape.map((side) => Math.max(1, side));
      if (type === 'string') throw new Error(`the input "${name}" takes text`);
      return [name, { type, shape: whole, data: new ARRAY_OF[type](elementsOf(whole)) }];
    }),
  );
  const fetches = session.outputs.map(({ name }) => name);
  return {
    async run(times) {
      const taken: number[] = [];
      for (let at = 0; at < times; at++) {
        const startedAt = performance.now();
        await session.run(feeds, fetches);
        taken.push(performance.now() - startedAt);
      }
      return taken;
    },
    close: () => session.close(),
  };
}

function medianOf(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN;
}
