import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { npyOfTensor, packStrings } from '#packages/vision';
import type { Tensor } from '#packages/vision';
import { askSocket } from '../../testing/agent/ask-socket.ts';
import { startInProcess } from '../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../testing/agent/memory-instance.ts';
import { memoryLoaded } from '../../testing/agent/memory-loaded.ts';
import { temporaryFolder, writeFiles } from '../../testing/agent/package-folder.ts';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
import { zipOf } from '../../testing/package/training-output.ts';
import { SOUND_TENSORS, soundModel, TENSOR_MODEL } from '../../testing/vision/tensor-models.ts';
import { COMPONENT } from './settings/live-configuration.ts';

const SOUND = floats([1, 4], 1, 2, 3, 6);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;

/** The whole agent with real models that take tensors only. */
beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, 'work'));
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], { GoldenPolicy: 'require', MinFreeDiskMB: 0 });
  models = memoryLoaded();
  const { open } = new MemoryInstances(models);
  started = await startInProcess(join(folder.path, 'work'), nucleus, systemClock, open);
});
afterAll(async () => {
  await started?.close();
  await models?.close();
  await folder?.remove();
});

function floats(shape: readonly number[], ...values: number[]): Tensor {
  return { type: 'float32', shape, data: Float32Array.from(values) };
}

/** @param expected outputs of the golden input; undefined for a package without one */
async function activate(version: string, expected: Readonly<Record<string, Tensor>> | undefined): Promise<unknown> {
  const path = join(folder.path, `Sound-${version}`);
  const golden = expected ? [{ input: 'golden/in.npz', expect: 'golden/out.npz' }] : [];
  const manifest = { ...TENSOR_MODEL, name: 'Sound', version, tensors: SOUND_TENSORS, golden };
  await writeFiles(path, {
    'model.json': JSON.stringify(manifest),
    'model.onnx': soundModel(),
    ...(expected ? { 'golden/in.npz': await npz({ input: SOUND }), 'golden/out.npz': await npz(expected) } : {}),
  });
  return started.client.activate({ path, alias: 'Sound' });
}

function npz(tensors: Readonly<Record<string, Tensor>>): Promise<Uint8Array> {
  return zipOf(Object.fromEntries(Object.entries(tensors).map(([name, one]) => [`${name}.npy`, npyOfTensor(one)])));
}

describe('GoldenPolicy: require, for a model of tensors', () => {
  it('refuses a package without golden inputs', async () => {
    await expect(activate('0.1.0', undefined)).rejects.toMatchObject({ code: 'model.golden-missing' });
  });

  it('activates one whose outputs are the expected ones, and says that it has passed', async () => {
    expect(await activate('1.0.0', { level: floats([1, 2], 3, 3) })).toMatchObject({ model: { version: '1.0.0' } });
    expect(await started.client.models()).toMatchObject([{ alias: 'Sound', golden: { passed: 1 } }]);
    // Nothing is left out of tensors.
    expect((await started.client.models())[0]).not.toHaveProperty('bounds');
    const body = JSON.stringify({ inputs: [{ name: 'input', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 6] }] });
    const answer = await askSocket(started.agent.socketPath, {
      method: 'POST',
      path: '/v2/models/Sound/infer',
      body,
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['other numbers', { level: floats([1, 2], 3, 4) }, '"level" differs in 1 of 2 elements'],
    ['infinity', { level: floats([1, 2], Infinity, 3) }, '3 instead of Infinity'],
    ['another type', { level: { type: 'string', shape: [1], data: packStrings(['3']) } as const }, 'instead of string'],
  ])(
    'refuses one that is to give %s with the reason, and the former version serves on',
    async (_what, expected, why) => {
      await expect(activate('2.0.0', expected)).rejects.toMatchObject({
        message: expect.stringContaining(why) as string,
      });
      expect(await started.client.models()).toMatchObject([{ alias: 'Sound', version: '1.0.0', state: 'active' }]);
    },
  );
});
