import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sketch } from '#packages/drift';
import { parseHeartbeat } from '#packages/heartbeat';
import { localTopics, mqttTopics } from '#packages/ipc';
import { PackageFiles, parseManifest } from '#packages/model-package';
import { loadModel } from '#packages/vision';
import { colorPackage } from '../../../testing/agent/color-package.ts';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import { memoryLoaded } from '../../../testing/agent/memory-loaded.ts';
import { temporaryFolder, writeFiles } from '../../../testing/agent/package-folder.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import type { Predecessor } from '../handover/predecessor.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

/** The whole agent with a real model before a camera whose light goes out, on a clock that the test moves. */

const MINUTE_MS = 60_000;
const SLOT_MINUTES = 10;
const DARK = 0.05;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;
const clock = new FakeClock();
const nucleus = new MemoryNucleus();
const random = seededRandom(3);

beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, 'work'));
  models = memoryLoaded();
  nucleus.configuration.set(COMPONENT, [], { MinFreeDiskMB: 0, HeartbeatPeriodSeconds: 600, SignaturePolicy: 'off' });
  started = await start();
  await started.client.activate({ path: await packageWithBaseline(), alias: 'Colors' });
});
afterAll(async () => {
  await started?.close();
  await models?.close();
  await folder?.remove();
});

function start(predecessor?: Predecessor): Promise<InProcessAgent> {
  return startInProcess(join(folder.path, 'work'), nucleus, clock, new MemoryInstances(models).open, predecessor);
}

/** A gray scene with a light and a dark half and some noise. */
function picture(light: number): Promise<Buffer> {
  const side = 16;
  const data = Uint8Array.from({ length: side * side * 3 }, (_, at) => {
    const isLeft = Math.floor(at / 3) % side < side / 2;
    return Math.min(255, light * ((isLeft ? 150 : 70) + 30 * random()));
  });
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

async function packageWithBaseline(): Promise<string> {
  const dir = await colorPackage(join(folder.path, 'Colors'), { baseline: 'baseline.json' });
  const manifest = parseManifest({
    schemaVersion: 1,
    name: 'Colors',
    version: '1.0.0',
    task: 'image-classification',
    input: { name: 'image', width: 8, height: 8, std: 255 },
    output: { decoder: 'classification', output: 'probs' },
    variants: [{ file: 'model.onnx' }],
  });
  const model = await loadModel(new PackageFiles(dir), manifest, [], {
    variant: manifest.variants[0],
    providers: ['cpu'],
    intraOpThreads: 1,
    spinning: false,
    measurePictures: true,
  });
  const sketch = new Sketch();
  for (let at = 0; at < 120; at++) sketch.add(await model.infer(await picture(0.8 + 0.4 * random())));
  await model.close();
  await writeFiles(dir, { 'baseline.json': JSON.stringify({ schemaVersion: 1, sketch }) });
  return dir;
}

/** One picture a minute. */
async function slots(count: number, light: number): Promise<void> {
  for (let minute = 0; minute < count * SLOT_MINUTES; minute++) {
    await started.client.invoke('Colors', await picture(light), { contentType: 'image/png' });
    await clock.advance(MINUTE_MS);
  }
}

function drifts(): readonly Readonly<Record<string, unknown>>[] {
  return nucleus.localMessages
    .filter(({ topic }) => topic === localTopics.events)
    .map(({ message }) => message as Readonly<Record<string, unknown>>)
    .filter(({ event }) => String(event).includes('drift'));
}

async function status() {
  const [model] = await started.client.models();
  return model?.drift?.[0];
}

describe('a stream that darkens', () => {
  it('is looked at, and nothing is said while it is as the baseline', async () => {
    await slots(4, 1);
    expect(drifts()).toEqual([]);
    expect(await status()).toMatchObject({ service: 'Colors', state: 'learning', weakBaseline: false, drifts: [] });
    expect((await status())?.images).toBeGreaterThan(30);
  });

  it('is told within an hour: that it is dark, by how much, and that it is the camera', async () => {
    await slots(5, DARK);
    expect(drifts()).toHaveLength(1);
    expect(drifts()[0]).toMatchObject({
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
    const metrics = await started.client.metrics();
    expect(metrics).toContain('edgeml_drifting{service="Colors",cause="camera"} 1');
    expect(metrics).toContain('edgeml_drifting{service="Colors",cause="world"} 0');
    expect(metrics).toContain('edgeml_drift_ratio{service="Colors",feature="brightness",measure="beyond"} 2');
    expect(metrics).toContain('edgeml_events_total{event="model.drifting"} 1');
    const told = () => {
      const heartbeat = nucleus.iotMessages.filter(({ topic }) => topic === mqttTopics.heartbeat('belt-7')).at(-1);
      return parseHeartbeat(heartbeat!.payload).Models[0]?.Drift;
    };
    await expect
      .poll(told)
      .toMatchObject([
        { Service: 'Colors', State: 'DRIFTING', Causes: [{ Cause: 'CAMERA', Reason: 'dark' }], Nearest: { Ratio: 2 } },
      ]);
  });

  it('is remembered over a restart of the agent, and not told a second time', async () => {
    await started.close();
    started = await start();
    await started.agent.restored;
    await clock.advance(MINUTE_MS);
    expect(await status()).toMatchObject({ state: 'drifting', drifts: [{ reason: 'dark' }] });
    await slots(2, DARK);
    expect(drifts()).toHaveLength(1);
  });

  it('is not taken back to what the former agent has seen when that one ends after a handover', async () => {
    const former = started;
    await former.agent.standBy(1_000);
    const before = (await status())!.images;
    started = await start({ pid: process.pid, memoryBytes: 0, end: async () => undefined });
    await started.agent.restored;
    await clock.advance(MINUTE_MS);
    expect((await status())?.images).toBe(before);
    await slots(1, DARK);
    const seen = (await status())!.images;
    expect(seen).toBeGreaterThan(before);

    await started.close();
    await former.close();
    started = await start();
    await started.agent.restored;
    await clock.advance(MINUTE_MS);
    expect((await status())?.images).toBe(seen);
  });

  it('does not flap while it is dark now and then', async () => {
    for (let round = 0; round < 4; round++) {
      await slots(1, 1);
      await slots(1, DARK);
    }
    expect(drifts()).toHaveLength(1);
  });

  it('is told to be over once, when there has been light for a while', async () => {
    await slots(5, 1);
    expect(drifts()).toHaveLength(2);
    expect(drifts()[1]).toMatchObject({ event: 'model.drift-ended', cause: 'camera', reason: 'dark' });
    expect(drifts()[1]?.['seconds']).toBeGreaterThan(3_600);
    expect(await status()).toMatchObject({ drifts: [] });
  });

  it('is looked at no more once the configuration says so', async () => {
    nucleus.configure(COMPONENT, ['Drift', 'Enabled'], false);
    const later = async () => clock.advance(MINUTE_MS).then(status);
    await expect.poll(later).toBeUndefined();
    await started.client.invoke('Colors', await picture(1), { contentType: 'image/png' });
    expect(await status()).toBeUndefined();
  });
});
