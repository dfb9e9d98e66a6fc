import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HeartbeatModel } from '#packages/heartbeat';
import { parseManifest } from '#packages/model-package';
import { sample } from '../../../testing/device/samples.ts';
import { MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import { instanceWorkerBundle } from '../../../testing/process/start-component.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { projectPaths } from '../../bundle/project.ts';
import { makeBaseline } from '../../package/check/make-baseline.ts';
import { deviceClock, whileWorking } from '../clock.ts';
import { HEARTBEAT_SECONDS, REAL_DEVICES } from '../settings.ts';
import { BUCKET } from './device-settings.ts';
import { RealDevice } from './real-device.ts';

const BELTS = ['belt-01.jpg', 'belt-02.jpg', 'belt-03.jpg'].map(sample);
let folder: string;
let device: RealDevice;
const clock = deviceClock();
const store = new MemoryObjectStore(BUCKET);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-loop-'));
  device = await RealDevice.start({
    spec: REAL_DEVICES[2],
    folder: path.join(folder, 'device'),
    worker: await instanceWorkerBundle(),
    store,
    clock,
    random: seededRandom(1),
  });
});
afterEach(async () => {
  await whileWorking(clock, device.close());
  await rm(folder, { recursive: true, force: true });
});

/** The sample detector as another version, with a baseline of pictures at noon. */
async function packageOf(version: string): Promise<string> {
  const dir = path.join(folder, version);
  await cp(path.join(projectPaths.models, 'PartsDetector'), dir, { recursive: true });
  await rm(path.join(dir, 'sagemaker_edge_manifest'));
  const manifest = { ...(JSON.parse(await readFile(path.join(dir, 'model.json'), 'utf8')) as object), version };
  const parsed = parseManifest(manifest);
  await makeBaseline(dir, parsed, BELTS, false, new AbortController().signal);
  await writeFile(path.join(dir, 'model.json'), JSON.stringify({ ...manifest, baseline: 'baseline.json' }));
  return dir;
}

it('answers, sends doubtful pictures to the bucket, compares a challenger, and tells all of it in its heartbeats', async () => {
  const [champion, challenger] = [await packageOf('1.0.0'), await packageOf('1.2.0')];
  await whileWorking(clock, device.apply({ champion, challenger }));
  device.sample('doubtful');
  for (const file of BELTS) {
    const bytes = await readFile(file);
    await device.show({ name: path.basename(file), file, bytes });
    await clock.advance(1_000);
  }
  while ((await device.waiting()) > 0) await whileWorking(clock, Promise.resolve());
  const models: HeartbeatModel[] = [];
  const compared = (): number => models.reduce((sum, { Challenger }) => sum + (Challenger?.Agreed ?? 0), 0);
  await expect
    .poll(async () => {
      await clock.advance(1_000 * HEARTBEAT_SECONDS);
      models.push(...device.takeMessages().heartbeats.flatMap(({ Models }) => Models));
      return compared();
    })
    .toBe(BELTS.length);
  expect(models.at(-1)).toMatchObject({ ModelVersion: '1.0.0', Challenger: { ModelVersion: '1.2.0' } });
  const records = store.keys(BUCKET).filter((key) => key.endsWith('.json'));
  expect(records.length).toBeGreaterThan(0);
  expect(records.every((key) => key.startsWith('belt-1/'))).toBe(true);

  await whileWorking(clock, device.apply({ champion }));
  expect(await device.client.challengers()).toEqual([]);
});
