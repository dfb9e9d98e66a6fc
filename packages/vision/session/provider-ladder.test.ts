import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PackageFiles } from '#packages/model-package';
import type { Provider } from '#packages/model-package';
import { BLUE, plain } from '../../../testing/vision/images.ts';
import { modelFolder } from '../../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../../testing/vision/model-folder.ts';
import { meanColorModel } from '../../../testing/vision/onnx-builder.ts';
import { loadModel } from '../load-model.ts';
import type { ModelSource } from './model-source.ts';
import { openOnLadder } from './provider-ladder.ts';
import type { OptimizedCache } from './optimized-model.ts';
import type { Runtime, Session } from './session.ts';

const session = (close: () => void): Session => ({
  inputs: [],
  outputs: [],
  optimized: 'off',
  run: async () => ({}),
  close: async () => close(),
});

/** Runtimes that do as the table says; keeps a list of what was opened and closed. */
function scripted(table: Partial<Record<Provider, 'works' | { absent?: string; load?: string; probe?: string }>>) {
  const log: string[] = [];
  const behavior = (provider: Provider) => {
    const entry = table[provider] ?? { absent: 'not in the table' };
    return entry === 'works' ? {} : entry;
  };
  const runtimeOf = (): Runtime => ({
    whyUnavailable: (provider) => behavior(provider).absent,
    open: async (_file, provider) => {
      const { load } = behavior(provider);
      if (load) throw new Error(load);
      log.push(`open ${provider}`);
      return session(() => void log.push(`close ${provider}`));
    },
  });
  const probe = async (_session: Session, provider: Provider): Promise<void> => {
    const reason = behavior(provider).probe;
    if (reason) throw new Error(reason);
  };
  return { log, runtimeOf, probe };
}

const variant = { file: 'model.onnx', precision: 'fp32' } as const;
const nowhere: ModelSource = { hash: undefined, read: () => Promise.reject(new Error('nothing reads it')) };
const base = { intraOpThreads: 1, spinning: false };

describe('openOnLadder', () => {
  it('takes the first provider that loads and passes the probe, with a reason for each step down', async () => {
    const { log, runtimeOf, probe } = scripted({
      tensorrt: { absent: 'library missing' },
      cuda: { load: 'no kernel image' },
      webgpu: { probe: 'device lost' },
      cpu: 'works',
    });
    const ladder = { ...base, providers: ['tensorrt', 'cuda', 'webgpu', 'cpu', 'wasm'] as const };
    const opened = await openOnLadder(nowhere, variant, ladder, probe, runtimeOf);
    expect(opened.provider).toBe('cpu');
    expect(opened.fallbacks).toEqual([
      { provider: 'tensorrt', reason: 'library missing' },
      { provider: 'cuda', reason: 'no kernel image' },
      { provider: 'webgpu', reason: 'device lost' },
    ]);
    expect(log).toEqual(['open webgpu', 'close webgpu', 'open cpu']);
  });

  it.each([[true], ['cuda']] as const)('refuses a fallback when requireProvider is %j', async (requireProvider) => {
    const { log, runtimeOf, probe } = scripted({ cuda: { absent: 'no driver' }, cpu: 'works' });
    await expect(
      openOnLadder(nowhere, variant, { ...base, providers: ['cuda', 'cpu'], requireProvider }, probe, runtimeOf),
    ).rejects.toMatchObject({
      code: 'model.provider-unavailable',
      message: expect.stringMatching(/requireProvider.*cuda: no driver/) as unknown,
      facts: { fallbacks: [{ provider: 'cuda', reason: 'no driver' }] },
    });
    expect(log).toEqual([]);
  });

  it('says so when the variant is for other providers', async () => {
    const { runtimeOf, probe } = scripted({ webgpu: 'works' });
    const cpuOnly = { ...variant, providers: ['cpu' as const] };
    await expect(
      openOnLadder(nowhere, cpuOnly, { ...base, providers: ['webgpu'] }, probe, runtimeOf),
    ).rejects.toMatchObject({
      message: expect.stringContaining('"model.onnx" is for cpu only') as unknown,
    });
  });

  it('does not blame providers for a broken model', async () => {
    const { log, runtimeOf, probe } = scripted({
      webgpu: { load: 'Load model from f failed:Protobuf parsing failed.' },
      cpu: 'works',
    });
    await expect(
      openOnLadder(nowhere, variant, { ...base, providers: ['webgpu', 'cpu'] }, probe, runtimeOf),
    ).rejects.toMatchObject({
      code: 'model.unreadable',
    });
    expect(log).toEqual([]);
  });
});

describe('real providers', () => {
  let folder: ModelFolder | undefined;
  afterEach(async () => {
    await folder?.remove();
    folder = undefined;
  });

  it('answers the same on wasm as on cpu', async () => {
    folder = await modelFolder();
    const image = await plain(BLUE).png().toBuffer();
    const answers = [];
    for (const provider of ['cpu', 'wasm'] as const) {
      const model = await folder.load({ providers: [provider] });
      expect(model.provider).toBe(provider);
      answers.push((await model.infer(image)).predictions);
      await model.close();
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]?.[0]).toMatchObject({ label: 'blue', score: 1 });
  });

  it('names what cuda and tensorrt lack', async () => {
    folder = await modelFolder();
    const model = await folder.load({ providers: ['tensorrt', 'cuda', 'cpu'] });
    expect(model.provider).toBe('cpu');
    expect(model.fallbacks.map(({ provider }) => provider)).toEqual(['tensorrt', 'cuda']);
    if (process.platform === 'linux') {
      expect(model.fallbacks[0]?.reason).toMatch(/providers_tensorrt\.so.*ONNXRUNTIME_NODE_INSTALL|no tensorrt build/);
      expect(model.fallbacks[1]?.reason).toMatch(/component edgeml\.accelerator\.Cuda is not installed; .*CUDA 13/);
    }
    await model.close();
    await expect(folder.load({ providers: ['cuda', 'cpu'], requireProvider: 'cuda' })).rejects.toMatchObject({
      code: 'model.provider-unavailable',
    });
  });
});

describe('the cache of optimized models', () => {
  let folder: ModelFolder;
  let scratch: string;
  beforeEach(async () => {
    folder = await modelFolder();
    scratch = path.join(folder.dir, 'scratch');
    await mkdir(scratch);
  });
  afterEach(() => folder.remove());

  /** Loads with a cache, and answers as the model that was verified does. */
  async function load(cache: OptimizedCache) {
    const model = await folder.load({ cache });
    const image = await plain(BLUE).png().toBuffer();
    expect((await model.infer(image)).predictions[0]).toMatchObject({ label: 'blue', score: 1 });
    await model.close();
    return { state: model.optimized, made: model.optimizedModel };
  }

  async function made() {
    const first = await load({ scratch });
    expect(first.state).toBe('made');
    const model = first.made!;
    return { model, file: path.join(scratch, model.file), known: { folder: scratch, model } };
  }

  it('is made once, for its owner alone, and used again', async () => {
    const { model, file, known } = await made();
    expect(await readdir(scratch)).toEqual([model.file]);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    expect(await load({ known })).toEqual({ state: 'reused', made: model });
  });

  it('is not used when it is not byte for byte what is known of it', async () => {
    const { file, known } = await made();
    const another = meanColorModel(8, { scale: 0.5 });
    const whole = await readFile(file);
    const flipped = Buffer.from(whole);
    flipped[flipped.length >> 1]! ^= 1;
    for (const bytes of [another, flipped, whole.subarray(0, 40), Buffer.concat([whole, whole])]) {
      await writeFile(file, bytes);
      expect((await load({ known })).state).toBe('off');
    }
    await rm(file);
    expect((await load({ known })).state).toBe('off');
  });

  it.each(['modelHash', 'runtime', 'cpu'] as const)('is made again when its %s is another', async (fact) => {
    const { known } = await made();
    const foreign = { ...known, model: { ...known.model, [fact]: 'another' } };
    expect((await load({ known: foreign, scratch })).state).toBe('made');
  });

  it('does without when the folder cannot be written', async () => {
    await writeFile(path.join(folder.dir, 'blocked'), 'a file, not a folder');
    expect((await load({ scratch: path.join(folder.dir, 'blocked') })).state).toBe('failed');
  });

  it('does without for a package that nobody has hashed', async () => {
    const [variant] = folder.manifest.variants;
    const options = { variant, providers: ['cpu'], intraOpThreads: 1, spinning: false } as const;
    const model = await loadModel(new PackageFiles(folder.dir), folder.manifest, [], {
      ...options,
      cache: { scratch },
    });
    expect(model.optimized).toBe('off');
    await model.close();
  });
});
