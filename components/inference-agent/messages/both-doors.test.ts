import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FRAME_BODY_HEADER, FRAME_BODY_TYPE, RingWriter, writeFrameBodyHeader } from '#packages/frames';
import { createAgentClient } from '#packages/http';
import type { AgentClient } from '#packages/http';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { layoutOf } from '../../../testing/frames/frame-pattern.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

const PNG = { contentType: 'image/png' } as const;
const layout = layoutOf(5, 1, 'gray');
const { signal } = new AbortController();

/** Behavior that the application relies on, whichever way it asks. */
describe.each([
  ['by HTTP', false],
  ['by messages', true],
])('a model that is asked %s', (_how, messages) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let started: InProcessAgent;
  let client: AgentClient;

  beforeEach(async () => {
    folder = await temporaryFolder();
    const nucleus = new MemoryNucleus();
    nucleus.configuration.set(COMPONENT, [], { ImageFolders: [folder.path], MaxImageMB: 1, QueueLength: 2 });
    started = await startInProcess(folder.path, nucleus);
    await started.client.activate({ path: await writePackage(join(folder.path, 'Parts'), { version: '1.0.0' }) });
    client = createAgentClient({ socketPath: started.agent.socketPath, messages });
  });
  afterEach(async () => {
    client.close();
    await started.close();
    await folder.remove();
  });

  const ask = (text: string | Buffer, options: object = {}, service = 'Parts') =>
    client.invoke(service, Buffer.from(text), { ...PNG, ...options });
  const fileOf = async (name: string, text: string | Buffer): Promise<string> => {
    await writeFile(join(folder.path, name), text);
    return join(folder.path, name);
  };
  const frames = async () => {
    const { ring } = await client.leaseRing({ slotBytes: 5, slots: 3 }, { signal });
    const writer = RingWriter.open(ring);
    return (slot: number, text: string) => {
      writer.begin(slot);
      writer.bytes(slot).write(text);
      return { ...layout, ring: ring.ring, slot, sequence: writer.publish(slot), takenAt: 1 };
    };
  };

  it('answers about bytes, files and frames', async () => {
    expect(await ask('hello')).toMatchObject({
      service: 'Parts',
      model: { alias: 'Parts', version: '1.0.0' },
      provider: 'cpu',
      predictions: [{ label: 'Parts 1.0.0: hello' }],
      timings: { queueMs: expect.any(Number) as unknown },
    });
    const file = await client.invokeFile('Parts', await fileOf('image.jpg', 'in a file'));
    expect(file.predictions[0]?.label).toBe('Parts 1.0.0: in a file');
    const write = await frames();
    const frame = await client.invokeFrame('Parts', write(1, 'frame'));
    expect(frame.predictions[0]?.label).toMatch(/: frame$/);
    const body = Buffer.alloc(FRAME_BODY_HEADER + 5);
    writeFrameBodyHeader(body, layout);
    body.write('whole', FRAME_BODY_HEADER);
    expect((await ask(body, { contentType: FRAME_BODY_TYPE })).predictions[0]?.label).toMatch(/whole$/);
  });

  it('answers about bodies of all sizes, several at once', async () => {
    const sizes = [0, 1, 63_000, 70_000, 400_000, 1_048_576];
    const answers = await Promise.all(
      sizes.map((size) => ask('x'.repeat(size)).catch(() => ask('x'.repeat(size)).catch((error: unknown) => error))),
    );
    // No more wait than the queue holds; what came was looked at whole.
    const lengths = answers.flatMap((one) => {
      const { predictions = [] } = one as { predictions?: readonly { label: string }[] };
      return predictions.map(({ label }) => label.length - 'Parts 1.0.0: '.length);
    });
    expect(lengths.length).toBeGreaterThan(2);
    for (const length of lengths) expect(sizes).toContain(length);
  });

  it.each([
    ['an unknown service', () => ask('x', {}, 'Nothing'), 'model.not-found', 404],
    ['an image that the model refuses', () => ask('bad'), 'test.bad-image', 400],
    ['another type', () => ask('x', { contentType: 'text/plain' }), 'http.content-type', 415],
    ['a larger image than allowed', () => ask(Buffer.alloc(2 ** 20 + 1)), 'http.body-too-large', 413],
    ['a model that crashes', () => ask('crash'), 'instance.worker-crashed', 503],
    ['a deadline', () => ask('hang', { deadlineMs: 20, timeoutMs: PATIENCE_MS }), 'admission.deadline', 504],
    ['a file elsewhere', () => client.invokeFile('Parts', '/etc/hostname'), 'invoke.folder-not-allowed', 403],
    ['no file', () => client.invokeFile('Parts', join(folder.path, 'none')), 'invoke.file-unreadable', 400],
  ])('says what is wrong with %s, and goes on', async (_what, wrong, code, status) => {
    await expect(wrong()).rejects.toMatchObject({ code, status });
    expect((await ask('hello')).predictions).toHaveLength(1);
  });

  it('never answers for a frame that was written over', async () => {
    const write = await frames();
    const frame = write(1, 'first');
    write(1, 'other');
    await expect(client.invokeFrame('Parts', frame)).rejects.toMatchObject({ code: 'frames.stale', status: 409 });
    const bad = { ...frame, width: 0 };
    await expect(client.invokeFrame('Parts', bad)).rejects.toMatchObject({ code: 'frames.reference-invalid' });
  });

  it('refuses what the queue does not hold, with the time after which it is worth to ask again', async () => {
    const deadlineMs = 2_000;
    const waiting = Array.from({ length: 6 }, () => ask('hang', { deadlineMs }).catch((error: unknown) => error));
    await expect.poll(() => started.client.metrics()).toMatch(/rejected_total\{[^}]*reason="queue-full"[^}]*\} [1-9]/);
    const errors = await Promise.all(waiting);
    expect(errors).toContainEqual(
      expect.objectContaining({
        code: 'admission.queue-full',
        facts: expect.objectContaining({ retryAfterMs: 1_000 }) as unknown,
      }),
    );
  });

  it('does not run what nobody waits for any more, and counts the same', async () => {
    const given = new AbortController();
    const abandoned = ask('hang', { signal: given.signal });
    await expect.poll(() => started.client.metrics()).toMatch(/running\{[^}]*\} 1/);
    given.abort(new Error('never mind'));
    await expect(abandoned).rejects.toThrow('never mind');
    await expect.poll(() => started.client.metrics()).toMatch(/rejected_total\{[^}]*reason="cancelled"[^}]*\} 1/);
    await expect(ask('x', { signal: given.signal })).rejects.toThrow('never mind');
  });

  it('is away while the agent is, and there again', async () => {
    await ask('hello');
    await started.agent.close(1_000);
    await expect(ask('hello')).rejects.toMatchObject({ code: 'agent.unreachable' });
  });
});
