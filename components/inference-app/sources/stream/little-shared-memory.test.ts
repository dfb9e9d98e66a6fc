import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { frameBudget } from '#packages/frames';
import { canMount, mountedDisk } from '../../../../testing/agent/small-disk.ts';
import type { SmallDisk } from '../../../../testing/agent/small-disk.ts';
import { StreamRig } from '../../../../testing/app/stream-rig.ts';
import { needs } from '../../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../../../testing/patience.ts';

const needed = await needs(ffmpeg);
const MEGABYTES = 1024 * 1024;
const picture = (size: string): object => ({ Url: `testsrc2=size=${size}:rate=5`, Format: 'lavfi' });

/** The /dev/shm that Docker gives a container: 64 MB. */
describe.runIf(canMount())('with 64 MB of shared memory, cameras', needed, () => {
  let work: string;
  let disk: SmallDisk;
  let rig: StreamRig;

  const open = async (megabytes: number): Promise<void> => {
    work = await mkdtemp(join(tmpdir(), 'edgeml-shm-'));
    disk = mountedDisk(join(work, 'shm'), megabytes * MEGABYTES);
    mkdirSync(join(disk.folder, 'rings'));
    const budget = (bytes: number): number => frameBudget(0, disk.folder, bytes);
    rig = new StreamRig({ folder: join(disk.folder, 'rings'), budget, workFolder: work });
  };
  beforeEach(() => open(64));
  afterEach(async () => {
    await rig.close();
    // A ring that was asked for as its stream ended is given back when it comes.
    await expect.poll(() => rig.store.bytes).toBe(0);
    await remove();
  });
  const remove = async (): Promise<void> => {
    disk.remove();
    await rm(work, { recursive: true });
  };

  const eventually = (condition: () => boolean): Promise<unknown> =>
    vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 10 });
  const memoryOf = (name: string) => rig.statistics.source(name).state.frameMemory;

  it('share half of it, fewer frames each, and what does not fit goes over the socket, said once', async () => {
    for (const name of ['first', 'second', 'third']) {
      void rig.play({ ...picture('1920x1080'), MaxWidth: 1920 }, name);
      await eventually(() => rig.statistics.source(name).state.frames >= 2);
    }

    // 1080p in yuv420p has 3.11 MB: six and four frames are within 33.5 MB, three more are not, in whatever size worth having.
    expect(memoryOf('first')).toEqual({ where: 'shared', bytes: 6 * 3_110_400 });
    expect(memoryOf('second')).toEqual({ where: 'shared', bytes: 4 * 3_110_400 });
    expect(memoryOf('third')?.where).toBe('own');
    expect(rig.lines.filter(({ event }) => event === 'frames.over-the-socket')).toHaveLength(1);
    expect(rig.store.bytes).toBeLessThan(32 * MEGABYTES);
    expect(rig.seen.map(({ width }) => width).every((width) => width === 1920)).toBe(true);
  });

  it('of 4K are scaled down by ffmpeg to what does fit, said once', async () => {
    void rig.play(picture('3840x2160'));
    await eventually(() => rig.seen.length >= 2);

    const [{ width, height, ring } = { width: 0, height: 0, ring: undefined }] = rig.seen;
    expect(width).toBeGreaterThanOrEqual(3_200);
    expect(width).toBeLessThan(3_840);
    expect(height).toBe(2 * Math.round((width * 9) / 16 / 2));
    expect(ring).toBeDefined();
    expect(rig.lines.filter(({ event }) => event === 'frames.scaled-down')).toMatchObject([{ facts: { width } }]);
    expect(memoryOf('cam')?.where).toBe('shared');
  });

  it('of 4K go over the socket as they are if less than half of the pixels would be left', async () => {
    await rig.close();
    await remove();
    await open(16);
    void rig.play(picture('3840x2160'));
    await eventually(() => rig.seen.length >= 2);

    expect(rig.seen[0]).toMatchObject({ width: 3_840, ring: undefined });
    expect(rig.events().filter((event) => event.startsWith('frames.'))).toEqual(['frames.over-the-socket']);
  });
});
