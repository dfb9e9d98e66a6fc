import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ActivateDone } from '#packages/http';
import { bytesOf } from '../../../testing/agent/instance-conformance.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { RegistryRig } from '../../../testing/agent/registry-rig.ts';
import { canMount, mountedDisk, scriptedDisk } from '../../../testing/agent/small-disk.ts';
import type { SmallDisk } from '../../../testing/agent/small-disk.ts';
import type { ModelRegistry } from './model-registry.ts';

describe.each([
  ['a store that fails as on a full disk', scriptedDisk, true],
  ['a file system that is full', (folder: string) => mountedDisk(folder), canMount()],
] as const)('a swap on %s', (_what, openDisk, isPossible) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let disk: SmallDisk;
  let rig: RegistryRig;
  let registry: ModelRegistry;

  beforeEach(async ({ skip }) => {
    if (!isPossible) skip('only root may mount a file system');
    folder = await temporaryFolder();
    disk = openDisk(join(folder.path, 'disk'));
    rig = new RegistryRig(disk.folder, (options) => disk.openStore(options));
    registry = await rig.start();
  });
  afterEach(async () => {
    if (!isPossible) return;
    disk.remove();
    await folder.remove();
  });

  async function activate(version: string, changes: object = {}): Promise<ActivateDone> {
    const path = await writePackage(join(folder.path, `Parts-${version}`), { version, ...changes });
    return registry.activate({ path }, () => undefined);
  }

  /** As after a loss of power: nothing is written on the way. */
  async function restart(): Promise<void> {
    registry = await rig.start();
    const { finished } = await registry.restore();
    await finished;
  }

  const version = () => registry.served('Parts')?.serving.identity.version;
  /** Lets every repetition that is planned by now begin; it ends in its own time. */
  const waitForRetry = () => rig.clock.advance(5 * 60_000);

  /** The announcements after there had been time for enough repetitions. */
  const keptAtLast = async () => {
    await waitForRetry();
    return rig.last('model.kept');
  };

  it('serves the new version, and says what a restart would bring back', async () => {
    await activate('1.0.0');
    disk.fill();
    const done = await activate('2.0.0');
    expect(done).toMatchObject({ requestsLost: 0, notKept: { restores: { version: '1.0.0' } } });
    expect((await registry.served('Parts')!.serving.infer(bytesOf('now'))).predictions[0]?.label).toBe(
      'Parts 2.0.0: now',
    );
    expect(registry.list()).toMatchObject([
      {
        version: '2.0.0',
        notKept: {
          restores: { name: 'Parts', version: '1.0.0' },
          error: { code: 'store.write-failed', message: expect.stringContaining('ENOSPC') as unknown },
        },
      },
    ]);
    expect(rig.last('model.not-kept')).toMatchObject({ model: { version: '2.0.0' }, restores: { version: '1.0.0' } });
    await restart();
    expect(version()).toBe('1.0.0');
  });

  it('is remembered once there is room again, without being asked for', async () => {
    await activate('1.0.0');
    disk.fill();
    await activate('2.0.0');
    await waitForRetry();
    expect(rig.names()).not.toContain('model.kept');
    disk.makeRoom();
    await expect.poll(keptAtLast).toMatchObject({ model: { version: '2.0.0' } });
    expect(registry.list()[0]).not.toHaveProperty('notKept');
    await rm(join(folder.path, 'Parts-2.0.0'), { recursive: true });
    await restart();
    expect(version()).toBe('2.0.0');
    expect(await registry.rollback('Parts', () => undefined)).toMatchObject({ version: '1.0.0' });
  });

  it('says it once for each version, however often it is tried', async () => {
    await activate('1.0.0');
    disk.fill();
    await activate('2.0.0');
    await waitForRetry();
    await waitForRetry();
    await activate('3.0.0');
    const told = rig.events.filter(({ event }) => event === 'model.not-kept');
    expect(told).toMatchObject([
      { facts: { model: { version: '2.0.0' } } },
      { facts: { model: { version: '3.0.0' } } },
    ]);
  });

  it('leaves what the disk remembers where it is until another is remembered, also when one is refused', async () => {
    await activate('1.0.0');
    disk.fill();
    await activate('2.0.0');
    await activate('3.0.0');
    await expect(activate('4.0.0', { provenance: { open: 'fail' } })).rejects.toMatchObject({ code: 'test.refused' });
    await rm(join(folder.path, 'Parts-1.0.0'), { recursive: true });
    await restart();
    expect(version()).toBe('1.0.0');
  });

  it('says that nothing would come back if it is the first of its alias', async () => {
    disk.fill();
    const { notKept } = await activate('1.0.0');
    expect(notKept).toMatchObject({ error: { code: 'store.write-failed' } });
    expect(notKept).not.toHaveProperty('restores');
    disk.makeRoom();
    await expect.poll(keptAtLast).toMatchObject({ model: { version: '1.0.0' } });
    await restart();
    expect(version()).toBe('1.0.0');
  });

  it('writes the record when the agent ends in an orderly way and there is room', async () => {
    await activate('1.0.0');
    disk.fill();
    await activate('2.0.0');
    disk.makeRoom();
    await registry.close(1_000);
    await restart();
    expect(version()).toBe('2.0.0');
  });
});

describe.runIf(canMount())('a quarantine on a full disk', () => {
  it('holds, is said not to be kept, and is written once there is room', async () => {
    const folder = await temporaryFolder();
    const disk = mountedDisk(join(folder.path, 'disk'));
    onTestFinished(async () => {
      disk.remove();
      await folder.remove();
    });
    const rig = new RegistryRig(disk.folder);
    const registry = await rig.start();
    const path = await writePackage(join(folder.path, 'Parts'), {});
    await registry.activate({ path }, () => undefined);
    disk.fill();
    const { serving } = registry.served('Parts')!;
    for (let death = 0; death < 5; death++) {
      await expect(serving.infer(bytesOf('crash'))).rejects.toMatchObject({ code: 'instance.worker-crashed' });
    }
    await expect.poll(() => registry.target('Parts')).toMatchObject({ code: 'model.quarantined' });
    await expect.poll(() => rig.last('quarantine.not-kept')).toMatchObject({ error: { code: 'store.write-failed' } });
    disk.makeRoom();
    const file = join(disk.folder, 'quarantine.json');
    const written = async () => {
      await rig.clock.advance(5 * 60_000);
      return readFile(file, 'utf8').catch(() => '');
    };
    await expect.poll(written).toContain('"version": "1.0.0"');
  });
});
