import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readPackage } from '#packages/model-package';
import { silentLogger, systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import { openTestRing, sharedFolder } from '../../../testing/frames/test-ring.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { BufferPool } from '../buffers/buffer-pool.ts';
import { bundleFile } from '../../../testing/process/bundle-file.ts';
import { childrenOf } from '../../../testing/process/process-facts.ts';
import { instanceWorkerBundle } from '../../../testing/process/start-component.ts';
import { SAMPLE_PACKAGE, sampleImages } from '../../../testing/agent/sample-package.ts';
import { memoryScripted } from '../../../testing/agent/memory-scripted.ts';
import { bytesOf, describeInstances, specOf } from '../../../testing/agent/instance-conformance.ts';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import { KillerInputs } from '../killer-inputs/killer-inputs.ts';
import { InstanceGroups } from './process/instance-groups.ts';
import type { ModelInstance } from './model-instance.ts';
import { ThreadRegister } from './thread/thread-register.ts';
import { processExecutors } from './process/model-process.ts';
import { threadExecutors } from './thread/worker-thread.ts';
import { workerInstances } from './worker-instance.ts';
import type { WorkerInstancePorts } from './worker-instance.ts';

const frames = sharedFolder();
afterAll(() => frames.remove());
const killerFolder = mkdtempSync(join(tmpdir(), 'edgeml-killers-'));
afterAll(() => rmSync(killerFolder, { recursive: true, force: true }));

function ports(file: string, clock: Clock = systemClock, buffers = new BufferPool()): WorkerInstancePorts {
  return {
    clock,
    buffers,
    killers: new KillerInputs({ folder: killerFolder, clock, log: silentLogger }),
    executors: {
      process: processExecutors({
        file,
        environment: process.env,
        framesFolder: frames.path,
        groups: InstanceGroups.open(),
      }),
      thread: threadExecutors({ file, buffers, threads: new ThreadRegister() }),
    },
  };
}
const scriptedWorker = () => bundleFile('inference-agent', 'scripted-worker.js', 'testing/agent/scripted-worker.ts');

/** The thread that prepares images is started when two requests meet; this waits until it takes some. */
async function untilPrepared(instance: ModelInstance): Promise<void> {
  const second = async (): Promise<string | undefined> => {
    const [, other] = await Promise.all([instance.infer(bytesOf('one')), instance.infer(bytesOf('who prepares'))]);
    return other.predictions[0]?.label;
  };
  await expect.poll(second, { timeout: PATIENCE_MS }).toBe('Parts 1.0.0: a thread ahead');
}

const ISOLATIONS = ['process', 'thread'] as const;
const quiet = { signal: new AbortController().signal, progress: () => undefined };

describeInstances('Instances in memory', async () => new MemoryInstances(memoryScripted).open, 'thread', frames.path);

for (const isolation of ISOLATIONS) {
  const opener = async () => workerInstances(ports(await scriptedWorker()));
  describeInstances(`Instances in a ${isolation}`, opener, isolation, frames.path);
}

describe.each(ISOLATIONS)('Instances in a %s, on time', (isolation) => {
  const openers = async (clock: FakeClock) => workerInstances(ports(await scriptedWorker(), clock));
  const specWith: typeof specOf = (provenance, settings) => specOf(provenance, { isolation, ...settings });

  it('gives up a model that does not load in time', async () => {
    const clock = new FakeClock();
    const opening = (await openers(clock))(specWith({ open: 'hang' }, { loadTimeoutMs: 5_000 }), quiet);
    const refused = expect(opening).rejects.toMatchObject({ code: 'instance.start-timeout', status: 504 });
    await clock.advance(5_000);
    await refused;
  });

  it('replaces a worker that is stuck', async () => {
    const clock = new FakeClock();
    const instance = await (await openers(clock))(specWith({}, { stuckAfterMs: 9_000 }), quiet);
    const fault = new Promise((resolve) => instance.onFault(resolve));
    const free = new Promise<void>((resolve) => instance.onFree(resolve));
    const stuck = expect(instance.infer(bytesOf('hang'))).rejects.toMatchObject({ code: 'instance.worker-stuck' });
    await clock.advance(9_000);
    await stuck;
    expect(await fault).toMatchObject({ reason: 'stuck' });
    expect(instance.free).toBe(0);
    await clock.advance(1_000);
    await free;
    expect((await instance.infer(bytesOf('back'))).predictions[0]?.label).toBe('Parts 1.0.0: back');
    await instance.close();
  });

  it('says what is missing when the worker cannot start', async () => {
    const open = workerInstances(ports('/nowhere/instance-worker.js'));
    await expect(open(specWith(), quiet)).rejects.toMatchObject({
      code: 'instance.start-failed',
      message: expect.stringContaining('/nowhere/instance-worker.js') as unknown,
    });
  });

  it('reports a model that crashes while it loads', async () => {
    const open = await openers(new FakeClock());
    await expect(open(specWith({ open: 'crash' }), quiet)).rejects.toMatchObject({ code: 'instance.start-failed' });
  });

  it('prepares the next image while the model runs', async () => {
    const instance = await (await openers(new FakeClock()))(specWith({}, { prepareAhead: true }), quiet);
    await untilPrepared(instance);
    const running = expect(instance.infer(bytesOf('hang'))).rejects.toMatchObject({ code: 'instance.ended' });
    // The run never ends, so only another thread can find out that this image is bad.
    for (let times = 0; times < 3; times++) {
      await expect(instance.infer(bytesOf('bad'))).rejects.toMatchObject({ code: 'test.bad-image' });
    }
    expect(instance.free).toBe(1);
    await Promise.all([instance.close(), running]);
  });

  it('replaces a worker whose thread for preparing crashed', async () => {
    const clock = new FakeClock();
    const instance = await (await openers(clock))(specWith({}, { prepareAhead: true }), quiet);
    const fault = new Promise((resolve) => instance.onFault(resolve));
    const free = new Promise<void>((resolve) => instance.onFree(resolve));
    await untilPrepared(instance);
    const begun = join(killerFolder, `${isolation}-begun`);
    const running = expect(instance.infer(bytesOf(`hang and write ${begun}`))).rejects.toMatchObject({
      code: 'instance.worker-crashed',
    });
    // A request that only waits when its process is lost is repeated on the next one, and would hang there.
    await vi.waitUntil(() => existsSync(begun), { timeout: PATIENCE_MS });
    await expect(instance.infer(bytesOf('crash early'))).rejects.toMatchObject({ code: 'instance.worker-crashed' });
    await running;
    expect(await fault).toMatchObject({ reason: 'crashed' });
    // A start that fails is tried again, later.
    const ticking = setInterval(() => void clock.advance(100), 20);
    await free;
    const [one, other] = await Promise.all([instance.infer(bytesOf('one')), instance.infer(bytesOf('other'))]);
    clearInterval(ticking);
    expect([one, other].map(({ predictions }) => predictions[0]?.label)).toEqual([
      'Parts 1.0.0: one',
      'Parts 1.0.0: other',
    ]);
    await instance.close();
  });

  it('gives the memory of images back, whatever the answer', async () => {
    const buffers = new BufferPool();
    const open = workerInstances(ports(await scriptedWorker(), systemClock, buffers));
    const instance = await open(specWith(), quiet);
    for (const text of ['good', 'bad']) {
      const image = buffers.take(100_000).subarray(0, text.length);
      image.set(bytesOf(text));
      expect(buffers.freeBytes).toBe(0);
      await instance.infer(image).catch(() => undefined);
      expect(buffers.freeBytes).toBe(128 * 1024);
    }
    await instance.close();
  });
});

/** Vitest and esbuild have children, too. */
const processesOfModels = () =>
  childrenOf(process.pid).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('scripted-worker.js');
    } catch {
      return false; // it ended meanwhile
    }
  });

describe.runIf(process.platform === 'linux')('A spare process', () => {
  it('takes over at once when the one that serves is lost, and gets a successor', async () => {
    const clock = new FakeClock();
    const open = workerInstances(ports(await scriptedWorker(), clock));
    const instance = await open(specOf({}, { isolation: 'process', spare: true }), quiet);
    for (const round of ['first', 'second']) {
      await expect.poll(() => processesOfModels().length).toBe(2);
      await expect.poll(() => instance.spare).toBe('ready');
      await expect(instance.infer(bytesOf('crash'))).rejects.toMatchObject({ code: 'instance.worker-crashed' });
      await expect.poll(() => instance.free).toBe(1);
      expect(instance.spare).toBe('loading');
      // No time has passed: nothing was started in its place yet.
      const { predictions } = await instance.infer(bytesOf(round));
      expect(predictions[0]?.label).toBe(`Parts 1.0.0: ${round}`);
      await clock.advance(1_000);
    }
    await instance.close();
    expect(processesOfModels()).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux').each(ISOLATIONS)('Frames that meet in a %s', (isolation) => {
  it.each([
    [true, 'a thread ahead'],
    [false, 'who prepares'],
  ])('are prepared ahead: %s', async (prepareFrames, who) => {
    const open = workerInstances(ports(await scriptedWorker()));
    const instance = await open(specOf({}, { isolation, prepareAhead: true, prepareFrames }), quiet);
    const ring = await openTestRing(frames.path);
    // Images start the thread in any case.
    await untilPrepared(instance);
    const met = ['one', 'who prepares'].map((text, slot) => instance.infer(ring.write(slot, text)));
    const labels = (await Promise.all(met)).map(({ predictions }) => predictions[0]?.label);
    expect(labels).toEqual(['Parts 1.0.0: one', `Parts 1.0.0: ${who}`]);
    ring.close();
    await instance.close();
  });
});

describe.runIf(process.platform === 'linux')('A process that something outside kills', () => {
  it('takes no request with it', async () => {
    const clock = new FakeClock();
    const open = workerInstances(ports(await scriptedWorker(), clock));
    const instance = await open(specOf({}, { isolation: 'process' }), quiet);
    const fault = new Promise((resolve) => instance.onFault(resolve));
    const [pid = -1] = processesOfModels();
    process.kill(pid, 'SIGSTOP');
    const answer = instance.infer(bytesOf('in flight'));
    process.kill(pid, 'SIGKILL');
    expect(await fault).toMatchObject({ reason: 'killed' });
    expect(instance.killerInputs).toEqual([]);
    await clock.advance(1_000);
    expect((await answer).predictions[0]?.label).toBe('Parts 1.0.0: in flight');
    await instance.close();
  });
});

describe.runIf(process.platform === 'linux')('A process that is stopped together with the agent', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('answers what it has taken after %s', async (signal) => {
    const open = workerInstances(ports(await scriptedWorker()));
    const instance = await open(specOf({}, { isolation: 'process' }), quiet);
    const faults: unknown[] = [];
    instance.onFault((fault) => faults.push(fault));
    const [pid = -1] = processesOfModels();
    process.kill(pid, 'SIGSTOP');
    const answer = instance.infer(bytesOf('in flight'));
    process.kill(pid, signal);
    process.kill(pid, 'SIGCONT');
    expect((await answer).predictions[0]?.label).toBe('Parts 1.0.0: in flight');
    expect(processesOfModels()).toEqual([pid]);
    expect(faults).toEqual([]);
    expect(instance.killerInputs).toEqual([]);
    await instance.close();
    expect(processesOfModels()).toEqual([]);
  });
});

describe.each(ISOLATIONS)('Instances of a real model in a %s', (isolation) => {
  it("answer the same whether the model's own thread prepares an image or another", async () => {
    const open = workerInstances(ports(await instanceWorkerBundle()));
    const { dir, hash, hashes, manifest, labels } = await readPackage(SAMPLE_PACKAGE);
    const { settings } = specOf({}, { isolation, prepareAhead: true });
    const instance = await open({ packageDir: dir, packageHash: hash, hashes, manifest, labels, settings }, quiet);
    const images = await sampleImages();
    const ask = async (index: number) => {
      const { bytes } = images[index % images.length]!;
      return (await instance.infer(new Uint8Array(bytes))).predictions;
    };
    const alone: unknown[] = [];
    for (let index = 0; index < images.length; index++) alone.push(await ask(index));
    for (let round = 0; round < 10; round++) {
      // The first goes to the idle model, the second to the thread beside it.
      const both = await Promise.all([ask(round), ask(round + 1)]);
      expect(both).toEqual([alone[round % images.length], alone[(round + 1) % images.length]]);
    }
    await instance.close();
  });

  it('measures the numbers of threads that are allowed, and says what it found', async () => {
    const open = workerInstances(ports(await instanceWorkerBundle()));
    const { dir, hash, hashes, manifest, labels } = await readPackage(SAMPLE_PACKAGE);
    const { settings } = specOf({}, { isolation, workers: 2, intraOpThreads: 2, threadsToTry: [2, 1] });
    const said: string[] = [];
    const instance = await open(
      { packageDir: dir, packageHash: hash, hashes, manifest, labels, settings },
      { ...quiet, progress: ({ message }) => said.push(message) },
    );
    const [chosen = ''] = said.filter((message) => message.includes(' ms'));
    for (const threads of ['2 threads', '1 thread']) expect(chosen).toMatch(new RegExp(`with ${threads} [\\d.]+ ms`));
    const { variant, intraOpThreads } = instance.facts;
    expect(chosen).toContain(`${variant} on cpu with ${intraOpThreads} thread`);
    await instance.close();
  });
});
