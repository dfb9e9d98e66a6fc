import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isEdgeError } from '#packages/foundation';
import { bytesOf } from '../../../testing/agent/instance-conformance.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { RegistryRig } from '../../../testing/agent/registry-rig.ts';
import type { ModelRegistry } from './model-registry.ts';
import { Quarantine } from './quarantine.ts';
import { ServingModel } from './serving-model.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let rig: RegistryRig;
let registry: ModelRegistry;

beforeEach(async () => {
  folder = await temporaryFolder();
  rig = new RegistryRig(folder.path);
  registry = await rig.start();
});
afterEach(() => folder.remove());

async function activate(version: string): Promise<void> {
  const path = await writePackage(join(folder.path, `Parts-${version}`), { version });
  await registry.activate({ path }, () => undefined);
}

function versionInService(): string | undefined {
  const target = registry.target('Parts');
  return target instanceof ServingModel ? target.identity.version : undefined;
}

/** A picture that brings down whatever runs it, so many times. */
async function crash(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const target = registry.target('Parts');
    if (!(target instanceof ServingModel)) throw new Error('nothing is in service');
    await expect(target.infer(bytesOf('crash'))).rejects.toMatchObject({ code: 'instance.worker-crashed' });
  }
}

describe('quarantine of a version that dies again and again', () => {
  it('puts the version before it back after two deaths, and says so', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    await crash(1);
    expect(versionInService()).toBe('2.0.0');
    await crash(1);
    await expect.poll(versionInService).toBe('1.0.0');
    // It is told once the former version serves and the other one has drained.
    await expect
      .poll(() => rig.last('model.quarantined'))
      .toMatchObject({
        model: { alias: 'Parts', version: '2.0.0' },
        former: { alias: 'Parts', version: '1.0.0' },
        deaths: 2,
      });
  });

  it('keeps a version without a former one for longer, then answers with the reason', async () => {
    await activate('1.0.0');
    await crash(4);
    expect(versionInService()).toBe('1.0.0');
    await crash(1);
    await expect.poll(() => isEdgeError(registry.target('Parts'))).toBe(true);
    expect(registry.target('Parts')).toMatchObject({
      code: 'model.quarantined',
      message: expect.stringContaining('5 of its processes died') as unknown,
    });
  });

  it('does not count what something outside has killed', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    const instance = rig.instances.opened.at(-1);
    for (let time = 0; time < 6; time++) instance?.report({ reason: 'killed', message: 'it was ended by SIGKILL' });
    expect(versionInService()).toBe('2.0.0');
    expect(rig.last('model.fault')).toMatchObject({ reason: 'killed' });
    expect(rig.names()).not.toContain('model.quarantined');
  });

  it('forgets deaths that lie ten minutes back', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    await crash(1);
    await rig.clock.advance(10 * 60_000);
    await crash(1);
    expect(versionInService()).toBe('2.0.0');
    expect(rig.names()).not.toContain('model.quarantined');
  });

  it('refuses the version when it is deployed again, and lifts the quarantine for another one', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    await crash(2);
    await expect.poll(versionInService).toBe('1.0.0');
    await expect(activate('2.0.0')).rejects.toMatchObject({ code: 'model.quarantined' });
    expect(versionInService()).toBe('1.0.0');
    await activate('3.0.0');
    await activate('2.0.0');
    expect(versionInService()).toBe('2.0.0');
  });

  it('holds after a restart of the agent', async () => {
    await activate('1.0.0');
    await crash(5);
    await expect.poll(() => isEdgeError(registry.target('Parts'))).toBe(true);
    registry = await rig.start();
    await (
      await registry.restore()
    ).finished;
    expect(registry.target('Parts')).toMatchObject({ code: 'model.quarantined' });
  });

  it('leaves its file to a successor after a handover', async () => {
    const file = join(folder.path, 'quarantine.json');
    const quarantine = new Quarantine({ file, clock: rig.clock, random: () => 1, onNotKept: () => undefined });
    const identity = { alias: 'Parts', name: 'Parts', version: '1.0.0', generation: 1, hash: 'a'.repeat(64) };
    await quarantine.add(identity, 'it crashed', 5);
    const text = await readFile(file, 'utf8');
    quarantine.handOver();
    await quarantine.lift('Parts');
    await quarantine.close();
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('starts without it if its file cannot be read', async () => {
    await writeFile(join(folder.path, 'quarantine.json'), '{ damaged');
    registry = await rig.start();
    await activate('1.0.0');
    expect(versionInService()).toBe('1.0.0');
  });
});
