import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DriftRig, twoHalves } from '../../../testing/agent/drift-rig.ts';
import { writeFiles } from '../../../testing/agent/package-folder.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { meanColorModel } from '../../../testing/vision/onnx-builder.ts';

/** A model whose vectors are mean colors, before a scene that turns blue. The brightness, which is that of the green, stays. */

const SIDE = 8;
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

let rig: DriftRig;
const random = seededRandom(5);

beforeAll(async () => {
  rig = await DriftRig.open({
    service: 'Hues',
    writePackage: (dir) =>
      writeFiles(dir, { 'model.json': JSON.stringify(MANIFEST), 'model.onnx': meanColorModel(SIDE) }),
    baseline: { images: 200, picture: () => picture(60) },
    settings: { Drift: { WindowHours: 2, MinImages: 100 } },
  });
});
afterAll(() => rig?.close());

function picture(blue: number): Promise<Buffer> {
  const [r, b] = [100 + 60 * random(), blue + 60 * random()];
  return twoHalves(SIDE, (isLight, channel) => [r, (isLight ? 150 : 70) + 20 * random(), b][channel]!);
}

const watch = (minutes: number, blue: number) => rig.watch(minutes, () => picture(blue));

it('tells that vectors have moved, in an event, the list of models, metrics and heartbeats, and that it is over', async () => {
  await watch(WINDOW_MINUTES + 20, 60);
  const before = await rig.status();
  expect(before).toMatchObject({ state: 'steady', drifts: [] });
  expect(before?.findings.map(({ feature }) => feature)).toContain('embedding');
  expect(rig.events).toEqual([]);

  await watch(WINDOW_MINUTES + 40, 160);
  expect(rig.events).toMatchObject([
    { event: 'model.drifting', service: 'Hues', cause: 'world', feature: 'embedding', measure: 'unlike' },
  ]);
  expect(rig.events[0]?.['message']).toMatch(
    /^the mean of the vectors has moved, in pictures .*: embedding, unlike 0\.\d+/,
  );
  expect(await rig.status()).toMatchObject({ state: 'drifting', drifts: [{ cause: 'world', reason: 'embedding' }] });
  const metrics = await rig.running.client.metrics();
  expect(metrics).toContain('edgeml_drifting{service="Hues",cause="world"} 1');
  expect(metrics).toMatch(/^edgeml_drift_ratio\{service="Hues",feature="embedding",measure="unlike"\} [1-9]/m);
  expect(rig.inHeartbeat()).toMatchObject([
    { State: 'DRIFTING', Causes: [{ Cause: 'WORLD', Reason: 'embedding' }], Nearest: { Feature: 'embedding' } },
  ]);

  await watch(2 * WINDOW_MINUTES, 60);
  expect(rig.events).toHaveLength(2);
  expect(rig.events[1]).toMatchObject({ event: 'model.drift-ended', cause: 'world', reason: 'embedding' });

  const { mode } = await stat(join(rig.work, 'drift.json'));
  expect(mode & 0o777).toBe(0o600);
});
