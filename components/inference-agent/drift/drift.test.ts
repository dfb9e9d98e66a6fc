import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { colorPackage } from '../../../testing/agent/color-package.ts';
import { DriftRig, twoHalves } from '../../../testing/agent/drift-rig.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

/** A camera whose light goes out. */

const SLOT_MINUTES = 10;
const DARK = 0.05;

let rig: DriftRig;
const random = seededRandom(3);

beforeAll(async () => {
  rig = await DriftRig.open({
    service: 'Colors',
    writePackage: (dir) => colorPackage(dir, { baseline: 'baseline.json' }),
    baseline: { images: 120, picture: () => picture(0.8 + 0.4 * random()) },
  });
});
afterAll(() => rig?.close());

/** With some noise. */
function picture(light: number): Promise<Buffer> {
  return twoHalves(16, (isLight) => Math.min(255, light * ((isLight ? 150 : 70) + 30 * random())));
}

const slots = (count: number, light: number) => rig.watch(count * SLOT_MINUTES, () => picture(light));
const status = () => rig.status();

describe('a stream that darkens', () => {
  it('is looked at, and nothing is said while it is as the baseline', async () => {
    await slots(4, 1);
    expect(rig.events).toEqual([]);
    expect(await status()).toMatchObject({ service: 'Colors', state: 'learning', weakBaseline: false, drifts: [] });
    expect((await status())?.images).toBeGreaterThan(30);
  });

  it('is told within an hour: that it is dark, by how much, and that it is the camera', async () => {
    await slots(5, DARK);
    expect(rig.events).toHaveLength(1);
    expect(rig.events[0]).toMatchObject({
      event: 'model.drifting',
      service: 'Colors',
      model: { name: 'Colors', version: '1.0.0' },
      cause: 'camera',
      reason: 'dark',
      feature: 'brightness',
      measure: 'beyond',
      value: 1,
      threshold: 0.5,
      direction: 'lower',
      message: 'the pictures are darker than the baseline: brightness, beyond 1 (threshold 0.5)',
    });
  });

  it('shows in the list of models, in metrics and in heartbeats', async () => {
    expect(await status()).toMatchObject({ state: 'drifting', drifts: [{ cause: 'camera', reason: 'dark' }] });
    const metrics = await rig.running.client.metrics();
    expect(metrics).toContain('edgeml_drifting{service="Colors",cause="camera"} 1');
    expect(metrics).toContain('edgeml_drifting{service="Colors",cause="world"} 0');
    expect(metrics).toContain('edgeml_drift_ratio{service="Colors",feature="brightness",measure="beyond"} 2');
    expect(metrics).toContain('edgeml_events_total{event="model.drifting"} 1');
    await expect
      .poll(() => rig.inHeartbeat())
      .toMatchObject([
        { Service: 'Colors', State: 'DRIFTING', Causes: [{ Cause: 'CAMERA', Reason: 'dark' }], Nearest: { Ratio: 2 } },
      ]);
  });

  it('is remembered over a restart of the agent, and not told a second time', async () => {
    await rig.running.close();
    await rig.start();
    await rig.pass();
    expect(await status()).toMatchObject({ state: 'drifting', drifts: [{ reason: 'dark' }] });
    await slots(2, DARK);
    expect(rig.events).toHaveLength(1);
  });

  it('is not taken back to what the former agent has seen when that one ends after a handover', async () => {
    const former = rig.running;
    await former.agent.standBy(1_000);
    const before = (await status())!.images;
    await rig.start({ pid: process.pid, memoryBytes: 0, end: async () => undefined });
    await rig.pass();
    expect((await status())?.images).toBe(before);
    await slots(1, DARK);
    const seen = (await status())!.images;
    expect(seen).toBeGreaterThan(before);

    await rig.running.close();
    await former.close();
    await rig.start();
    await rig.pass();
    expect((await status())?.images).toBe(seen);
  });

  it('does not flap while it is dark now and then', async () => {
    for (let round = 0; round < 4; round++) {
      await slots(1, 1);
      await slots(1, DARK);
    }
    expect(rig.events).toHaveLength(1);
  });

  it('is told to be over once, when there has been light for a while', async () => {
    await slots(5, 1);
    expect(rig.events).toHaveLength(2);
    expect(rig.events[1]).toMatchObject({ event: 'model.drift-ended', cause: 'camera', reason: 'dark' });
    expect(rig.events[1]?.['seconds']).toBeGreaterThan(3_600);
    expect(await status()).toMatchObject({ drifts: [] });
  });

  it('is looked at no more once the configuration says so', async () => {
    rig.nucleus.configure(COMPONENT, ['Drift', 'Enabled'], false);
    const later = async () => rig.pass().then(status);
    await expect.poll(later).toBeUndefined();
    await rig.running.client.invoke('Colors', await picture(1), { contentType: 'image/png' });
    expect(await status()).toBeUndefined();
  });
});
