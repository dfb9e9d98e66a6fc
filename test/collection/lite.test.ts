import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentVersion } from '../../testing/device/agent-version.ts';
import { AGENT, APP, DETECTOR } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { Inboxed } from '../../testing/device/inboxed.ts';
import { detectorVersion, editManifest } from '../../testing/device/model-version.ts';
import { sample } from '../../testing/device/samples.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';

/** Nucleus lite drops frames of more than 10,000 bytes without a word; our messages keep to this. */
const MAX_MESSAGE_BYTES = 4_000;

describe('under a core as strict as nucleus lite', () => {
  let device: Device;
  let everything: Inboxed;

  beforeAll(async () => {
    device = await Device.start({ strictLite: true });
    everything = new Inboxed(device.core.pubsub, '#');
  });

  afterAll(() => device.stop());

  it('the collection answers scenes and close-ups', async () => {
    await device.drop(sample('belt-01.jpg'), 'scene.jpg');
    await copyFile(sample('part-gear.jpg'), path.join(device.inbox.closeups, 'part.jpg'));
    expect((await device.results.of('scene.jpg')).predictions.length).toBeGreaterThan(1);
    expect((await device.results.of('part.jpg')).predictions[0]).toMatchObject({ label: 'gear' });
  });

  it('a new model takes over without a restart of agent or application', async () => {
    const pids = [device.pid(AGENT), device.pid(APP)];
    const outcome = await device.deploy(await detectorVersion(device.folder('v1.1.0'), '1.1.0'));
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    await device.events.having({ event: 'model.swapped' });
    const image = await readFile(sample('belt-01.jpg'));
    const answer = await device.agent.invoke('PartsDetector', image, { contentType: 'image/jpeg' });
    expect(answer.model.version).toBe('1.1.0');
    expect([device.pid(AGENT), device.pid(APP)]).toEqual(pids);
    expect(device.state(DETECTOR)).toMatch(/RUNNING|FINISHED/);
  });

  it('an agent that is upgraded answers until its successor does, and is never away', async () => {
    const pids = [device.pid(AGENT), device.pid(APP)];
    const image = await readFile(sample('belt-01.jpg'));
    let isOver = false;
    const errors: string[] = [];
    const caller = (async () => {
      while (!isOver) {
        await device.agent.invoke('PartsDetector', image, { contentType: 'image/jpeg' }).catch((thrown: unknown) => {
          errors.push(String(thrown));
        });
      }
    })();
    const outcome = await device.deploy(await agentVersion(device.folder('agent'), '1.0.1'));
    await expect.poll(() => device.pid(AGENT), { timeout: PATIENCE_MS }).not.toBe(pids[0]);
    isOver = true;
    await caller;

    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    expect(errors).toEqual([]);
    expect(device.pid(APP)).toBe(pids[1]);
  });

  it('no local message is larger than the limit, a crowded scene included', async () => {
    // Every candidate counts as a detection: more than any message could hold.
    const crowded = await detectorVersion(device.folder('v1.2.0'), '1.2.0', crowd);
    expect(await device.deploy(crowded)).toMatchObject({ status: 'SUCCEEDED' });
    // Lite calls a deployment done when `run` has started; the model is on its way then.
    const serving = async () => (await device.agent.models()).map(({ alias, version }) => `${alias} ${version}`);
    await expect.poll(serving).toContain('PartsDetector 1.2.0');
    await device.drop(sample('belt-05.jpg'), 'crowd.jpg');
    const result = await device.results.having({ image: 'crowd.jpg' });
    expect(result.body['truncated']).toBeGreaterThan(0);
    expect(result.bytes).toBeGreaterThan(MAX_MESSAGE_BYTES / 2);

    expect(everything.all.length).toBeGreaterThan(3);
    for (const { topic, bytes } of everything.all)
      expect({ topic, fits: bytes <= MAX_MESSAGE_BYTES }).toEqual({ topic, fits: true });
  });
});

async function crowd(folder: string): Promise<void> {
  await editManifest(folder, ({ output }) => ({
    output: { ...(output as object), scoreThreshold: 0.01, iouThreshold: 1 },
    golden: [],
  }));
}
