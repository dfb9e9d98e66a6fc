import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Sketch } from '#packages/drift';
import { parseHeartbeat } from '#packages/heartbeat';
import { localTopics, mqttTopics } from '#packages/ipc';
import { PackageFiles, parseManifest } from '#packages/model-package';
import { loadModel } from '#packages/vision';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import { memoryLoaded } from '../../../testing/agent/memory-loaded.ts';
import { temporaryFolder, writeFiles } from '../../../testing/agent/package-folder.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { meanColorModel } from '../../../testing/vision/onnx-builder.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

/** The whole agent with a model whose vectors are mean colors, before a scene that turns blue. The brightness, which is that of the green, stays. */

const SIDE = 8;
const MINUTE_MS = 60_000;
/** With slots of 10 minutes, an eighth of two hours ends after 20. */
const WINDOW_MINUTES = 160;
const MANIFEST = {
  schemaVersion: 1,
  name: 'Hues',
  version: '1.0.0',
  task: 'embedding',
  input: { name: 'image', width: SIDE, height: SIDE, mean: 0, std: 255 },
  output: { decoder: 'embedding', scoreThreshold: 0.9 },
  variants: [{ file: 'model.onnx' }],
  baseline: 'baseline.json',
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;
const clock = new FakeClock();
const nucleus = new MemoryNucleus();
const random = seededRandom(5);

beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, 'work'));
  models = memoryLoaded();
  nucleus.configuration.set(COMPONENT, [], {
    MinFreeDiskMB: 0,
    HeartbeatPeriodSeconds: 600,
    SignaturePolicy: 'off',
    Drift: { WindowHours: 2, MinImages: 100 },
  });
  started = await startInProcess(join(folder.path, 'work'), nucleus, clock, new MemoryInstances(models).open);
  await started.client.activate({ path: await packageWithBaseline(), alias: 'Hues' });
});
afterAll(async () => {
  await started?.close();
  await models?.close();
  await folder?.remove();
});

function picture(blue: number): Promise<Buffer> {
  const [r, b] = [100 + 60 * random(), blue + 60 * random()];
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => {
    const isLeft = Math.floor(at / 3) % SIDE < SIDE / 2;
    return [r, (isLeft ? 150 : 70) + 20 * random(), b][at % 3]!;
  });
  return sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
}

async function packageWithBaseline(): Promise<string> {
  const dir = join(folder.path, 'Hues');
  await writeFiles(dir, { 'model.json': JSON.stringify(MANIFEST), 'model.onnx': meanColorModel(SIDE) });
  const manifest = parseManifest(MANIFEST);
  const model = await loadModel(new PackageFiles(dir), manifest, [], {
    variant: manifest.variants[0],
    providers: ['cpu'],
    intraOpThreads: 1,
    spinning: false,
    measurePictures: true,
  });
  const sketch = new Sketch();
  for (let at = 0; at < 200; at++) sketch.add(await model.infer(await picture(60)));
  await model.close();
  await writeFiles(dir, { 'baseline.json': JSON.stringify({ schemaVersion: 1, sketch }) });
  return dir;
}

/** One picture a minute. */
async function watch(minutes: number, blue: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await started.client.invoke('Hues', await picture(blue), { contentType: 'image/png' });
    await clock.advance(MINUTE_MS);
  }
}

const drifts = () =>
  nucleus.localMessages
    .filter(({ topic }) => topic === localTopics.events)
    .map(({ message }) => message as Readonly<Record<string, unknown>>)
    .filter(({ event }) => String(event).includes('drift'));

it('tells that vectors have moved, in an event, the list of models, metrics and heartbeats, and that it is over', async () => {
  await watch(WINDOW_MINUTES + 20, 60);
  const [before] = await started.client.models();
  expect(before?.drift?.[0]).toMatchObject({ state: 'steady', drifts: [] });
  expect(before?.drift?.[0]?.findings.map(({ feature }) => feature)).toContain('embedding');
  expect(drifts()).toEqual([]);

  await watch(WINDOW_MINUTES + 40, 160);
  expect(drifts()).toMatchObject([
    { event: 'model.drifting', service: 'Hues', cause: 'world', feature: 'embedding', measure: 'unlike' },
  ]);
  expect(drifts()[0]?.['message']).toMatch(
    /^the mean of the vectors has moved, in pictures .*: embedding, unlike 0\.\d+/,
  );
  const [model] = await started.client.models();
  expect(model?.drift?.[0]).toMatchObject({ state: 'drifting', drifts: [{ cause: 'world', reason: 'embedding' }] });
  const metrics = await started.client.metrics();
  expect(metrics).toContain('edgeml_drifting{service="Hues",cause="world"} 1');
  expect(metrics).toMatch(/^edgeml_drift_ratio\{service="Hues",feature="embedding",measure="unlike"\} [1-9]/m);
  const heartbeat = nucleus.iotMessages.filter(({ topic }) => topic === mqttTopics.heartbeat('belt-7')).at(-1);
  expect(parseHeartbeat(heartbeat!.payload).Models[0]?.Drift).toMatchObject([
    { State: 'DRIFTING', Causes: [{ Cause: 'WORLD', Reason: 'embedding' }], Nearest: { Feature: 'embedding' } },
  ]);

  await watch(2 * WINDOW_MINUTES, 60);
  expect(drifts()).toHaveLength(2);
  expect(drifts()[1]).toMatchObject({ event: 'model.drift-ended', cause: 'world', reason: 'embedding' });

  const { mode } = await stat(join(folder.path, 'work/drift.json'));
  expect(mode & 0o777).toBe(0o600);
});
