import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChallengerReport } from '#packages/http';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import type { MemoryModel } from '../../../testing/agent/memory-instance.ts';
import { memoryScripted } from '../../../testing/agent/memory-scripted.ts';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

/** Version 3 sees things otherwise, version 4 dies of every picture, version 5 never answers; the rest agree. */
const model: MemoryModel = {
  ...memoryScripted,
  async infer(spec, picture) {
    const { version } = spec.manifest;
    if (version === '4.0.0') return memoryScripted.infer(spec, Buffer.from('crash'));
    if (version === '5.0.0') return memoryScripted.infer(spec, Buffer.from('hang'));
    const inference = await memoryScripted.infer(spec, picture);
    const label = version === '3.0.0' ? 'nut' : 'bolt';
    return { ...inference, predictions: [{ classId: 0, label, score: 0.9 }] };
  },
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let nucleus: MemoryNucleus;
let started: InProcessAgent;

async function start(configuration: object = {}): Promise<void> {
  nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], { ChallengerShare: 100, ChallengerCpuShare: 6_400, ...configuration });
  const instances = new MemoryInstances(model);
  started = await startInProcess(join(folder.path, 'work'), nucleus, undefined, instances.open);
  await started.agent.restored;
}

beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, 'work'));
});
afterEach(async () => {
  await started.close();
  await folder.remove();
});

const packageOf = (version: string) => writePackage(join(folder.path, `Parts-${version}`), { version });
const activate = async (version: string, role?: 'challenger') =>
  started.client.activate({ path: await packageOf(version), ...(role ? { role } : {}) });
const ask = () => started.client.invoke('Parts', Buffer.from('picture'), { contentType: 'image/png' });
const report = async (): Promise<ChallengerReport | undefined> => (await started.client.challengers())[0];
const events = () =>
  nucleus.localMessages.flatMap(({ topic, message }) =>
    topic === 'edgeml/events' ? [(message as { event: string }).event] : [],
  );
/** Asks until the challenger has seen `frames` more pictures, or failed on them. */
async function askUntilSeen(frames: number): Promise<void> {
  const count = async () => {
    const { frames = 0, failed = 0, skipped } = (await report())?.comparison ?? {};
    const missed = Object.values(skipped ?? {}).reduce((sum, one) => sum + one, 0);
    return { seen: frames + failed, all: frames + failed + missed };
  };
  const target = (await count()).seen + frames;
  for (let now = await count(); now.seen < target; now = await count()) {
    await ask();
    // It is compared when the answer is out already.
    const { all } = now;
    await expect.poll(async () => (await count()).all).toBeGreaterThan(all);
  }
}

describe('a challenger', () => {
  it('sees what the model that serves sees, answers nobody, and is compared', async () => {
    await start();
    await activate('1.0.0');
    const done = await activate('3.0.0', 'challenger');
    expect(done).toMatchObject({ phase: 'done', model: { alias: 'Parts', version: '3.0.0' } });
    expect(await started.client.models()).toMatchObject([{ version: '1.0.0' }]);
    await askUntilSeen(1);
    expect((await ask()).model.version).toBe('1.0.0');
    expect(await report()).toMatchObject({
      alias: 'Parts',
      state: 'comparing',
      champion: { version: '1.0.0' },
      challenger: { version: '3.0.0', workers: 1 },
      sharePercent: 100,
      comparison: { agreed: 0, findings: { otherClass: expect.any(Number) as number } },
    });
    expect((await report())?.comparison.differences.at(-1)).toMatchObject({
      service: 'Parts',
      reason: 'bolt (0.9) became nut (0.9)',
    });
    const text = await started.client.metrics();
    expect(text).toContain('edgeml_challenger_info{alias="Parts",version="3.0.0",state="comparing"} 1');
    expect(text).toMatch(/edgeml_challenger_frames_total\{alias="Parts",outcome="differed"\} [1-9]/);
    await expect.poll(events).toEqual(expect.arrayContaining(['model.activated', 'challenger.activated']));
  });

  it('begins again with the next one, and pauses if its share is none', async () => {
    await start();
    await activate('1.0.0');
    await activate('3.0.0', 'challenger');
    await askUntilSeen(1);
    await activate('2.0.0', 'challenger');
    expect(await report()).toMatchObject({ challenger: { version: '2.0.0' }, comparison: { frames: 0 } });
    await askUntilSeen(1);
    expect(await report()).toMatchObject({ comparison: { agreed: 1, differences: [] } });
    nucleus.configure(COMPONENT, ['Services'], { Parts: { ChallengerShare: 0 } });
    await expect.poll(async () => (await report())?.state).toBe('paused');
  });

  it('is there again after a restart of the agent, behind what serves', async () => {
    await start();
    await activate('1.0.0');
    await activate('2.0.0', 'challenger');
    await started.close();
    await start();
    await expect.poll(async () => (await report())?.challenger.version).toBe('2.0.0');
    expect(await started.client.models()).toMatchObject([{ version: '1.0.0' }]);
  });

  it('that dies again and again goes into quarantine alone', async () => {
    await start();
    await activate('1.0.0');
    await activate('4.0.0', 'challenger');
    await expect
      .poll(async () => {
        expect((await ask()).model.version).toBe('1.0.0');
        return (await started.client.challengers()).length;
      })
      .toBe(0);
    await expect.poll(events).toContain('challenger.quarantined');
    expect(events()).not.toContain('model.quarantined');
    expect(events()).not.toContain('model.fault');
    expect((await started.client.health()).incidents).toEqual([]);
    await expect(activate('4.0.0', 'challenger')).rejects.toMatchObject({ code: 'model.quarantined' });
    // It is the challenger that is in quarantine, not the package's right to serve, which its golden test decides.
    expect(await activate('2.0.0', 'challenger')).toMatchObject({ model: { version: '2.0.0' } });
  });

  it('that hangs keeps nobody waiting, and sees nothing more', async () => {
    await start();
    await activate('1.0.0');
    await activate('5.0.0', 'challenger');
    await expect
      .poll(async () => {
        await ask();
        return (await report())?.comparison.skipped.busy;
      })
      .toBeGreaterThan(0);
    expect((await ask()).model.version).toBe('1.0.0');
  });

  it('becomes the model that serves like any other, and ends', async () => {
    await start();
    await activate('1.0.0');
    await activate('2.0.0', 'challenger');
    const phases: string[] = [];
    const done = await started.client.promoteChallenger('Parts', { onProgress: ({ phase }) => phases.push(phase) });
    expect(done).toMatchObject({ model: { version: '2.0.0' }, requestsLost: 0 });
    expect(phases).toEqual(expect.arrayContaining(['verify', 'load', 'golden', 'swap', 'done']));
    expect((await ask()).model.version).toBe('2.0.0');
    expect(await started.client.challengers()).toEqual([]);
    expect(await started.client.rollback('Parts')).toMatchObject({ version: '1.0.0' });
  });

  it('ends when somebody stops it, and when there is none says so', async () => {
    await start();
    await activate('1.0.0');
    await activate('2.0.0', 'challenger');
    await started.client.stopChallenger('Parts');
    expect(await started.client.challengers()).toEqual([]);
    await expect(started.client.stopChallenger('Parts')).rejects.toMatchObject({ code: 'challenger.none' });
    await expect(started.client.promoteChallenger('Parts')).rejects.toMatchObject({ code: 'challenger.none' });
    await started.close();
    await start();
    expect(await started.client.challengers()).toEqual([]);
  });

  it('is vetted as any model, and its refusal leaves what serves alone', async () => {
    await start();
    await activate('1.0.0');
    const path = await writePackage(join(folder.path, 'bad'), { version: '9.0.0', provenance: { open: 'fail' } });
    await expect(started.client.activate({ path, role: 'challenger' })).rejects.toMatchObject({ code: 'test.refused' });
    await expect.poll(events).toContain('challenger.rejected');
    expect((await started.client.health()).incidents).toEqual([]);
    expect((await ask()).model.version).toBe('1.0.0');
  });

  it('waits if nothing serves, and compares nothing with the same package', async () => {
    await start();
    await activate('2.0.0', 'challenger');
    expect(await report()).toMatchObject({ state: 'no-champion' });
    await expect(ask()).rejects.toMatchObject({ code: 'model.not-found' });
    await activate('2.0.0');
    await ask();
    expect(await report()).toMatchObject({ state: 'same-package', comparison: { frames: 0 } });
  });

  it('goes when its component is gone', async () => {
    await start({ RetireGraceSeconds: 0 });
    await activate('1.0.0');
    await activate('2.0.0', 'challenger');
    await rm(join(folder.path, 'Parts-2.0.0'), { recursive: true });
    await started.client.retire('Parts', { role: 'challenger' });
    await expect.poll(async () => (await started.client.challengers()).length).toBe(0);
    expect(await started.client.models()).toMatchObject([{ version: '1.0.0', state: 'active' }]);
  });
});
