import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import { generateSigningKey, parsePrivateKey, readPackage, signPackage } from '#packages/model-package';
import { colorPackage, plainPicture } from '../../testing/agent/color-package.ts';
import { startInProcess } from '../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../testing/agent/in-process-agent.ts';
import { specOf } from '../../testing/agent/instance-conformance.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
import { instanceWorkerBundle } from '../../testing/process/start-component.ts';
import { dividesBrightPictures } from '../../testing/vision/hostile-models.ts';
import { externalWeights, meanColorModel } from '../../testing/vision/onnx-builder.ts';
import { BufferPool } from './buffers/buffer-pool.ts';
import { InstanceGroups } from './instance/process/instance-groups.ts';
import { processExecutors } from './instance/process/model-process.ts';
import { ThreadRegister } from './instance/thread/thread-register.ts';
import { threadExecutors } from './instance/thread/worker-thread.ts';
import type { InstanceFault, OpenInstance } from './instance/model-instance.ts';
import { workerInstances } from './instance/worker-instance.ts';
import { KillerInputs } from './killer-inputs/killer-inputs.ts';
import { COMPONENT } from './settings/live-configuration.ts';

/**
 * A program that writes into a package folder while its package is activated. Each test swaps a file after the signature was verified
 * and before anything is loaded, in a package that the agent does not keep: its folder is all there is.
 */

const key = generateSigningKey();
const HALF = meanColorModel(8, { scale: 0.5 });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let source: string;
let agent: InProcessAgent | undefined;
let swap: () => Promise<unknown>;

beforeEach(async () => {
  folder = await temporaryFolder();
  source = join(folder.path, 'Colors');
  swap = () => Promise.resolve();
});
afterEach(async () => {
  await agent?.close();
  agent = undefined;
  await folder.remove();
});

async function realInstances(): Promise<OpenInstance> {
  const file = await instanceWorkerBundle();
  const buffers = new BufferPool();
  const executors = {
    process: processExecutors({ file, environment: process.env, groups: InstanceGroups.open() }),
    thread: threadExecutors({ file, buffers, threads: new ThreadRegister() }),
  };
  const killers = new KillerInputs({ folder: join(folder.path, 'killers'), clock: systemClock, log: silentLogger });
  return workerInstances({ clock: systemClock, buffers, killers, executors });
}

/** An agent that asks for signatures and keeps no package, with the racing writer between its verification and its loading. */
async function start(isolation: 'process' | 'thread'): Promise<InProcessAgent> {
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], {
    SignaturePolicy: 'require',
    TrustedKeys: { [key.keyId]: key.publicKey },
    StoreMaxMB: 0,
    Workers: 1,
    Isolation: isolation,
  });
  const work = join(folder.path, 'work');
  await mkdir(work);
  const open = await realInstances();
  agent = await startInProcess(work, nucleus, systemClock, async (spec, watch) => {
    expect(spec.packageDir).toBe(source);
    await swap();
    return open(spec, watch);
  });
  return agent;
}

async function signed(changes: object = {}, files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<void> {
  await colorPackage(source, { ...changes }, files);
  await signPackage(source, parsePrivateKey(key.privateKey));
}

/** Puts another file under the name, in one step. */
async function replace(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(join(folder.path, 'new'), content);
  await rename(join(folder.path, 'new'), join(source, file));
}

async function scoreOfRed(): Promise<unknown> {
  const picture = await plainPicture(255, 0, 0);
  return (await agent!.client.invoke('Colors', picture, { contentType: 'image/png' })).predictions[0];
}

describe.each(['process', 'thread'] as const)(
  'a package that is changed between verification and loading (%s)',
  (isolation) => {
    it('is refused if its model was swapped', async () => {
      await signed();
      swap = () => replace('model.onnx', HALF);
      const { client } = await start(isolation);
      await expect(client.activate({ path: source })).rejects.toMatchObject({
        code: 'package.changed',
        message: expect.stringContaining('"model.onnx"') as unknown,
      });
      expect(await client.models()).toEqual([]);
    });

    it('is refused if its weights beside the model were rewritten in place', async () => {
      await signed(
        { golden: [] },
        {
          'model.onnx': meanColorModel(8, { scale: 1, location: 'weights.data' }),
          'weights.data': externalWeights([1]),
        },
      );
      swap = () => writeFile(join(source, 'weights.data'), externalWeights([0.5]));
      const { client } = await start(isolation);
      await expect(client.activate({ path: source })).rejects.toMatchObject({ code: 'package.changed' });
    });

    it('is refused if what its test expects was swapped', async () => {
      for (const [file, content] of [
        ['golden/red.json', '[]'],
        ['golden/red.png', await plainPicture(0, 0, 255)],
      ] as const) {
        await signed();
        swap = () => replace(file, content);
        const { client } = agent ?? (await start(isolation));
        await expect(client.activate({ path: source })).rejects.toMatchObject({ code: 'package.changed' });
      }
    });

    it('serves with the labels and the manifest that were verified', async () => {
      await signed();
      swap = async () => {
        await replace('labels.txt', 'blue\nblue\nblue\n');
        await replace('model.json', '{}');
      };
      const { client } = await start(isolation);
      await client.activate({ path: source });
      expect(await scoreOfRed()).toMatchObject({ label: 'red', score: 1 });
    });

    it('is served if nothing was changed', async () => {
      await signed();
      await (await start(isolation)).client.activate({ path: source });
      expect(await scoreOfRed()).toMatchObject({ label: 'red', score: 1 });
    });
  },
);

describe.runIf(process.platform === 'linux')('a process that is started again', () => {
  it('loads what was verified in the beginning, or nothing', async () => {
    await colorPackage(
      source,
      { golden: [], input: { name: 'image', width: 8, height: 8 } },
      { 'model.onnx': dividesBrightPictures() },
    );
    const { dir, hash, hashes, manifest, labels } = await readPackage(source);
    const { settings } = specOf({}, { isolation: 'process' });
    const spec = { packageDir: dir, packageHash: hash, hashes, manifest, labels, settings };
    const instance = await (
      await realInstances()
    )(spec, { signal: new AbortController().signal, progress: () => undefined });
    const faults: InstanceFault[] = [];
    const failedAgain = new Promise<InstanceFault>((resolve) =>
      instance.onFault((fault) => (faults.push(fault), fault.reason === 'restart-failed' && resolve(fault))),
    );
    await replace('model.onnx', HALF);
    const bright = new Uint8Array(await plainPicture(255, 255, 255));
    await expect(instance.infer(bright)).rejects.toMatchObject({ code: 'instance.worker-crashed' });
    expect((await failedAgain).message).toContain('was verified');
    expect(faults[0]).toMatchObject({ reason: 'crashed' });
    await instance.close();
  });
});
