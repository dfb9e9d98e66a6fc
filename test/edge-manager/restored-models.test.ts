import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { floatsOf, tensorOf } from '../../testing/edge-manager/client.ts';
import type { EdgeClient } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { adder, bareModel } from '../../testing/edge-manager/models.ts';

const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const FAILED_PRECONDITION = 9;
const one = tensorOf('input', 'FLOAT32', [1], Float32Array.of(1));
const NAMES = ['same', 'raced', 'replaced', 'spoiled', 'used', 'gone'];

describe('models of clients after a restart of the agent', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let agent: EdgeAgent;
  let client: EdgeClient;
  const at = (name: string): string => path.join(folder.path, name);
  const load = (name: string, from = client) => from.call('LoadModel', { url: at(name), name, handle: `h-${name}` });
  const sum = async (name: string) => floatsOf((await client.call('Predict', { name, tensors: [one] })).tensors[0]!)[0];
  const statusOf = (call: Promise<unknown>) =>
    call.then(
      () => 0,
      (error: { readonly code: number }) => error.code,
    );

  beforeAll(async () => {
    folder = await temporaryFolder();
    const first = await EdgeAgent.start(folder.path);
    const firstClient = first.client();
    for (const name of NAMES) {
      await bareModel(at(name), adder(1));
      await load(name, firstClient);
    }
    await first.stop();
    await bareModel(at('replaced'), adder(10));
    await bareModel(at('spoiled'), new Uint8Array(10));
    await rm(at('gone'), { recursive: true });
    agent = await EdgeAgent.start(folder.path);
    client = agent.client();
  });
  afterAll(async () => {
    await agent.stop();
    await folder.remove();
  });

  it('are there at once for programs that never load again', async () => {
    const { models } = await client.call('ListModels');
    expect(models.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
    expect(await sum('used')).toBe(2);
    expect(await statusOf(client.call('UnLoadModel', { name: 'used' }))).toBe(0);
    expect(await statusOf(client.call('UnLoadModel', { name: 'used' }))).toBe(NOT_FOUND);
  });

  it('are loaded again with OK the first time, with ALREADY_EXISTS from then on', async () => {
    expect((await load('same')).model).toMatchObject({ url: at('same'), name: 'same', handle: 'h-same' });
    expect(await statusOf(load('same'))).toBe(ALREADY_EXISTS);
    expect(await sum('same')).toBe(2);
    const both = [load('raced'), load('raced', agent.client())];
    expect((await Promise.all(both.map(statusOf))).sort()).toEqual([0, ALREADY_EXISTS]);
  });

  it('are read again: what came to the folder while the agent was down serves from the first LoadModel on', async () => {
    expect(await sum('replaced')).toBe(2);
    await load('replaced');
    expect(await sum('replaced')).toBe(11);
  });

  it('serve on if what came there is bad, and the next attempt is taken', async () => {
    expect(await statusOf(load('spoiled'))).toBe(FAILED_PRECONDITION);
    expect(await sum('spoiled')).toBe(2);
    await bareModel(at('spoiled'), adder(5));
    expect(await statusOf(load('spoiled'))).toBe(0);
    expect(await sum('spoiled')).toBe(6);
  });

  it('are not loaded from a folder that is gone', async () => {
    expect(await statusOf(load('gone'))).toBe(NOT_FOUND);
  });
});
