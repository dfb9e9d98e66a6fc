import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Incidents, silentLogger } from '#packages/foundation';
import { frameBytes, MIN_SLOTS, ringBytes, SHARED_MEMORY, tightStrides } from '#packages/frames';
import type { FrameLayout } from '#packages/frames';
import { lockFile } from '#packages/posix';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { SlotProvider } from './slot-provider.ts';

const layout: FrameLayout = {
  width: 16,
  height: 8,
  format: 'gray',
  strides: tightStrides('gray', 16),
  matrix: 'bt601',
  range: 'full',
};

describe.runIf(process.platform === 'linux')('a ring whose agent is killed', () => {
  let parent: string;
  let folder: string;
  let lock: number;
  beforeEach(() => {
    parent = mkdtempSync(join(SHARED_MEMORY, 'edgeml-test-'));
    folder = join(parent, 'edgeml-frames-killed');
    mkdirSync(folder);
    lock = openSync(join(folder, 'owner'), 'w');
    expect(lockFile(lock)).toBe(true);
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('is removed with its folder, though the agent loses its connections before its lock', async () => {
    const clock = new FakeClock();
    const ring = { ring: 'r', slots: MIN_SLOTS, slotBytes: frameBytes(layout), path: join(folder, 'r') };
    writeFileSync(ring.path, Buffer.alloc(ringBytes(ring)));
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const agent = { leaseRing: async () => ({ ring, ended, end }) };
    const incidents = new Incidents(silentLogger, { clock });
    const provider = new SlotProvider({ agent, incidents, clock });
    const slots = await provider.open('cam', layout, new AbortController().signal);
    expect(slots.isShared).toBe(true);

    end();
    await clock.advance(200);
    expect([existsSync(ring.path), existsSync(folder)]).toEqual([false, true]);

    closeSync(lock);
    await clock.advance(10_000);
    expect(existsSync(folder)).toBe(false);
    slots.retire();
    expect(clock.pending).toBe(0);
  });
});
