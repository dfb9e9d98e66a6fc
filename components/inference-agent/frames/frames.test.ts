import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FRAME_BODY_HEADER, FRAME_BODY_TYPE, RingWriter, writeFrameBodyHeader } from '#packages/frames';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { writePackage } from '../../../testing/agent/package-folder.ts';
import { layoutOf } from '../../../testing/frames/frame-pattern.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';

const layout = layoutOf(5, 1, 'gray');
const signal = new AbortController().signal;
const labelOf = ({ predictions }: { predictions: readonly { label: string }[] }) => predictions[0]?.label;
const eventually = (condition: () => boolean) => vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 5 });

describe.runIf(process.platform === 'linux')('frames in the shared memory of the agent', () => {
  let work: string;
  let running: InProcessAgent;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'edgeml-frames-'));
    running = await startInProcess(work, new MemoryNucleus());
    const path = await writePackage(join(work, 'package'));
    await running.client.activate({ path, alias: 'Parts' });
  });
  afterEach(async () => {
    await running.close();
    await rm(work, { recursive: true, force: true });
  });

  async function leased() {
    const lease = await running.client.leaseRing({ slotBytes: 5, slots: 4 }, { signal });
    const writer = RingWriter.open(lease.ring);
    const write = (slot: number, text: string) => {
      writer.begin(slot);
      writer.bytes(slot).write(text);
      const { ring } = lease.ring;
      return { ...layout, ring, slot, sequence: writer.publish(slot), takenAt: 1 };
    };
    return { lease, write };
  }

  it('answers for a frame that a request names', async () => {
    const { lease, write } = await leased();
    expect(labelOf(await running.client.invokeFrame('Parts', write(2, 'hello')))).toMatch(/: hello$/);
    lease.end();
    await lease.ended;
  });

  it('answers the same for a frame that a request carries', async () => {
    const body = Buffer.alloc(FRAME_BODY_HEADER + 5);
    writeFrameBodyHeader(body, layout);
    body.write('hello', FRAME_BODY_HEADER);
    const answer = await running.client.invoke('Parts', body, { contentType: FRAME_BODY_TYPE });
    expect(labelOf(answer)).toMatch(/hello$/);
  });

  it('says that a frame is stale, and never answers for another', async () => {
    const { write } = await leased();
    const frame = write(1, 'first');
    write(1, 'other');
    await expect(running.client.invokeFrame('Parts', frame)).rejects.toMatchObject({
      code: 'frames.stale',
      status: 409,
    });
    const gone = { ...frame, ring: 'f'.repeat(32) };
    await expect(running.client.invokeFrame('Parts', gone)).rejects.toMatchObject({ code: 'frames.stale' });
  });

  it('takes the ring away when the lease ends, and says how much the others take', async () => {
    const { lease } = await leased();
    const other = await leased();
    expect(await running.client.metrics()).toMatch(/^edgeml_frame_memory_bytes 40960$/m);

    lease.end();
    await eventually(() => !existsSync(lease.ring.path));

    expect(existsSync(other.lease.ring.path)).toBe(true);
    expect(await running.client.metrics()).toMatch(/^edgeml_frame_memory_bytes 20480$/m);
  });

  it('refuses requests that make no sense', async () => {
    const bad = running.client.leaseRing({ slotBytes: 0, slots: 3 }, { signal });
    await expect(bad).rejects.toMatchObject({ code: 'http.bad-request', status: 400 });
    const huge = running.client.leaseRing({ slotBytes: 500_000_000, slots: 3 }, { signal });
    await expect(huge).rejects.toMatchObject({ code: 'frames.memory-full', status: 507 });
  });

  it('ends leases and leaves nothing behind when it ends', async () => {
    const { lease } = await leased();
    const folder = dirname(lease.ring.path);
    await running.agent.close(5_000);
    await lease.ended;
    expect(existsSync(folder)).toBe(false);
  });
});
