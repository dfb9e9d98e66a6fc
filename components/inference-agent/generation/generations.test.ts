import { describe, expect, it } from 'vitest';
import { readPackage } from '#packages/model-package';
import { systemClock } from '#packages/foundation';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { BufferPool } from '../buffers/buffer-pool.ts';
import { bundle } from '../../../testing/agent/bundles.ts';
import { SAMPLE_PACKAGE, sampleImages } from '../../../testing/agent/sample-package.ts';
import { inMemoryScripted } from '../../../testing/agent/memory-scripted.ts';
import { bytesOf, describeGenerations, specWith } from '../../../testing/agent/generation-conformance.ts';
import { InMemoryGenerations } from '../../../testing/agent/memory-generation.ts';
import { ThreadRegister } from './thread-register.ts';
import { workerGenerations } from './worker-generation.ts';

const memory = () => ({ buffers: new BufferPool(), threads: new ThreadRegister() });
const quiet = { signal: new AbortController().signal, progress: () => undefined };

describeGenerations('Generations in memory', async () => new InMemoryGenerations(inMemoryScripted).open);

describeGenerations('Generations in worker threads', async () =>
  workerGenerations({ clock: systemClock, ...memory(), workerFile: await bundle('scripted-worker.js') }),
);

describe('Generations in worker threads, on time', () => {
  const openers = async (clock: FakeClock) =>
    workerGenerations({ clock, ...memory(), workerFile: await bundle('scripted-worker.js') });

  it('gives up a model that does not load in time', async () => {
    const clock = new FakeClock();
    const opening = (await openers(clock))(specWith({ open: 'hang' }, { loadTimeoutMs: 5_000 }), quiet);
    const refused = expect(opening).rejects.toMatchObject({ code: 'generation.start-timeout', status: 504 });
    await clock.advance(5_000);
    await refused;
  });

  it('replaces a worker that is stuck', async () => {
    const clock = new FakeClock();
    const generation = await (await openers(clock))(specWith({}, { stuckAfterMs: 9_000 }), quiet);
    const fault = new Promise((resolve) => generation.onFault(resolve));
    const free = new Promise<void>((resolve) => generation.onFree(resolve));
    const stuck = expect(generation.infer(bytesOf('hang'))).rejects.toMatchObject({ code: 'generation.worker-stuck' });
    await clock.advance(9_000);
    await stuck;
    expect(await fault).toMatchObject({ reason: 'stuck' });
    expect(generation.free).toBe(0);
    await clock.advance(1_000);
    await free;
    expect((await generation.infer(bytesOf('back'))).predictions[0]?.label).toBe('Parts 1.0.0: back');
    await generation.close();
  });

  it('says what is missing when the worker cannot start', async () => {
    const open = workerGenerations({
      ...memory(),
      clock: systemClock,
      workerFile: '/nowhere/generation-worker.js',
    });
    await expect(open(specWith(), quiet)).rejects.toMatchObject({
      code: 'generation.start-failed',
      message: expect.stringContaining('/nowhere/generation-worker.js') as unknown,
    });
  });

  it('reports a model that crashes while it loads', async () => {
    const open = await openers(new FakeClock());
    await expect(open(specWith({ open: 'crash' }), quiet)).rejects.toMatchObject({ code: 'generation.start-failed' });
  });

  it('prepares the next image while the model runs', async () => {
    const generation = await (await openers(new FakeClock()))(specWith({}, { prepareAhead: true }), quiet);
    const running = expect(generation.infer(bytesOf('hang'))).rejects.toMatchObject({ code: 'generation.ended' });
    // The run never ends, so only another thread can find out that this image is bad.
    for (let times = 0; times < 3; times++) {
      await expect(generation.infer(bytesOf('bad'))).rejects.toMatchObject({ code: 'test.bad-image' });
    }
    expect(generation.free).toBe(1);
    await Promise.all([generation.close(), running]);
  });

  it('replaces a worker whose thread for preparing crashed', async () => {
    const clock = new FakeClock();
    const generation = await (await openers(clock))(specWith({}, { prepareAhead: true }), quiet);
    const fault = new Promise((resolve) => generation.onFault(resolve));
    const free = new Promise<void>((resolve) => generation.onFree(resolve));
    const running = expect(generation.infer(bytesOf('hang'))).rejects.toMatchObject({
      code: 'generation.worker-crashed',
    });
    await expect(generation.infer(bytesOf('crash early'))).rejects.toMatchObject({ code: 'generation.worker-crashed' });
    await running;
    expect(await fault).toMatchObject({ reason: 'crashed' });
    await clock.advance(1_000);
    await free;
    const [one, other] = await Promise.all([generation.infer(bytesOf('one')), generation.infer(bytesOf('other'))]);
    expect([one, other].map(({ predictions }) => predictions[0]?.label)).toEqual([
      'Parts 1.0.0: one',
      'Parts 1.0.0: other',
    ]);
    await generation.close();
  });

  it('gives the memory of images back, whatever the answer', async () => {
    const buffers = new BufferPool();
    const open = workerGenerations({
      ...memory(),
      clock: systemClock,
      buffers,
      workerFile: await bundle('scripted-worker.js'),
    });
    const generation = await open(specWith(), quiet);
    for (const text of ['good', 'bad']) {
      const image = buffers.take(100_000).subarray(0, text.length);
      image.set(bytesOf(text));
      expect(buffers.freeBytes).toBe(0);
      await generation.infer(image).catch(() => undefined);
      expect(buffers.freeBytes).toBe(128 * 1024);
    }
    await generation.close();
  });
});

describe('Generations of a real model', () => {
  it("answer the same whether the model's own thread prepares an image or another", async () => {
    const open = workerGenerations({
      ...memory(),
      clock: systemClock,
      workerFile: await bundle('generation-worker.js'),
    });
    const { dir, hash, manifest, labels } = await readPackage(SAMPLE_PACKAGE);
    const { settings } = specWith({}, { prepareAhead: true });
    const generation = await open({ packageDir: dir, packageHash: hash, manifest, labels, settings }, quiet);
    const images = await sampleImages();
    const ask = async (index: number) => {
      const { bytes } = images[index % images.length]!;
      return (await generation.infer(new Uint8Array(bytes))).predictions;
    };
    const alone: unknown[] = [];
    for (let index = 0; index < images.length; index++) alone.push(await ask(index));
    for (let round = 0; round < 10; round++) {
      // The first goes to the idle model, the second to the thread beside it.
      const both = await Promise.all([ask(round), ask(round + 1)]);
      expect(both).toEqual([alone[round % images.length], alone[(round + 1) % images.length]]);
    }
    await generation.close();
  });

  it('measures the numbers of threads that are allowed, and says what it found', async () => {
    const open = workerGenerations({
      ...memory(),
      clock: systemClock,
      workerFile: await bundle('generation-worker.js'),
    });
    const { dir, hash, manifest, labels } = await readPackage(SAMPLE_PACKAGE);
    const { settings } = specWith({}, { workers: 2, intraOpThreads: 2, threadsToTry: [2, 1] });
    const said: string[] = [];
    const generation = await open(
      { packageDir: dir, packageHash: hash, manifest, labels, settings },
      { ...quiet, progress: ({ message }) => said.push(message) },
    );
    const [chosen = ''] = said.filter((message) => message.includes(' ms'));
    for (const threads of ['2 threads', '1 thread']) expect(chosen).toMatch(new RegExp(`with ${threads} [\\d.]+ ms`));
    const { variant, intraOpThreads } = generation.facts;
    expect(chosen).toContain(`${variant} on cpu with ${intraOpThreads} thread`);
    await generation.close();
  });
});
