import { readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Provider } from '#packages/model-package';
import { BLUE, plain } from '../../../testing/vision/images.ts';
import { modelFolder } from '../../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../../testing/vision/model-folder.ts';
import { openOnLadder } from './provider-ladder.ts';
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
  const behaviour = (provider: Provider) => {
    const entry = table[provider] ?? { absent: 'not in the table' };
    return entry === 'works' ? {} : entry;
  };
  const runtimeOf = (): Runtime => ({
    whyUnavailable: (provider) => behaviour(provider).absent,
    open: async (_file, provider) => {
      const { load } = behaviour(provider);
      if (load) throw new Error(load);
      log.push(`open ${provider}`);
      return session(() => void log.push(`close ${provider}`));
    },
  });
  const probe = async (_session: Session, provider: Provider): Promise<void> => {
    const reason = behaviour(provider).probe;
    if (reason) throw new Error(reason);
  };
  return { log, runtimeOf, probe };
}

const variant = { file: 'model.onnx', precision: 'fp32' } as const;
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
    const opened = await openOnLadder('f', variant, ladder, probe, runtimeOf);
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
      openOnLadder('f', variant, { ...base, providers: ['cuda', 'cpu'], requireProvider }, probe, runtimeOf),
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
      openOnLadder('f', cpuOnly, { ...base, providers: ['webgpu'] }, probe, runtimeOf),
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
      openOnLadder('f', variant, { ...base, providers: ['webgpu', 'cpu'] }, probe, runtimeOf),
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

  it('names the library and the install step of cuda and tensorrt', async () => {
    folder = await modelFolder();
    const model = await folder.load({ providers: ['tensorrt', 'cuda', 'cpu'] });
    expect(model.provider).toBe('cpu');
    expect(model.fallbacks.map(({ provider }) => provider)).toEqual(['tensorrt', 'cuda']);
    if (process.platform === 'linux' && process.arch === 'x64') {
      expect(model.fallbacks[1]?.reason).toMatch(/libonnxruntime_providers_cuda\.so.*ONNXRUNTIME_NODE_INSTALL=cuda12/);
    }
    await model.close();
    await expect(folder.load({ providers: ['cuda', 'cpu'], requireProvider: 'cuda' })).rejects.toMatchObject({
      code: 'model.provider-unavailable',
    });
  });
});

describe('the cache of optimised models', () => {
  let folder: ModelFolder;
  const cacheDir = (): string => path.join(folder.dir, 'cache');
  afterEach(() => folder.remove());

  async function loadTwice(between: (cached: string, description: string) => Promise<void> = async () => undefined) {
    folder = await modelFolder();
    const image = await plain(BLUE).png().toBuffer();
    const states: string[] = [];
    for (const turn of [0, 1]) {
      if (turn === 1) {
        const names = await readdir(cacheDir());
        const find = (end: string): string => path.join(cacheDir(), names.find((name) => name.endsWith(end)) ?? '');
        await between(find('.onnx'), find('.json'));
      }
      const model = await folder.load({ cacheDir: cacheDir() });
      states.push(model.optimized);
      expect((await model.infer(image)).predictions[0]).toMatchObject({ label: 'blue', score: 1 });
      await model.close();
    }
    return states;
  }

  it('is made once and used again', async () => {
    expect(await loadTwice()).toEqual(['made', 'reused']);
    expect(await readdir(cacheDir())).toHaveLength(2);
  });

  it('is made again when a byte of the model has changed', async () => {
    const states = await loadTwice(async (cached) => {
      const bytes = await readFile(cached);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
      await writeFile(cached, bytes);
    });
    expect(states).toEqual(['made', 'made']);
  });

  it('is made again when the model was cut short', async () => {
    expect(await loadTwice((cached) => truncate(cached, 40))).toEqual(['made', 'made']);
  });

  it('is made again when the description is damaged', async () => {
    expect(await loadTwice((_cached, description) => writeFile(description, '{"format":1'))).toEqual(['made', 'made']);
  });

  it('is made again when the entry is of another machine', async () => {
    const states = await loadTwice(async (_cached, description) => {
      const entry = JSON.parse(await readFile(description, 'utf8')) as { source: string };
      await writeFile(
        description,
        JSON.stringify({ ...entry, source: entry.source.replace(/[^\n]*$/, 'another CPU') }),
      );
    });
    expect(states).toEqual(['made', 'made']);
  });

  it('does without when the folder cannot be written', async () => {
    folder = await modelFolder({}, { blocked: 'a file, not a folder' });
    const model = await folder.load({ cacheDir: path.join(folder.dir, 'blocked') });
    expect(model.optimized).toBe('failed');
    await model.close();
  });
});
