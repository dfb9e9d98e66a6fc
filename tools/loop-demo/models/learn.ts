import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep, systemClock } from '#packages/foundation';
import { whileWorking } from '../clock.ts';
import { BUCKET } from '../device/device-settings.ts';
import type { StartedFleet } from '../fleet/start-fleet.ts';
import type { DemoResult } from '../result.ts';
import type { DemoRun } from '../run.ts';
import { labelsFor, saveSamples } from '../samples/save-samples.ts';
import type { SavedSamples } from '../samples/save-samples.ts';
import { BAD, GOOD, MODEL_COMPONENT } from '../settings.ts';
import type { SetName } from '../settings.ts';
import { firstPictures } from '../world/first-pictures.ts';
import { edgeml } from './edgeml.ts';
import { measure, packagedModel, train, writeLabels } from './train.ts';
import type { Training } from './train.ts';
import { withSortedLabels } from './wrong-labels.ts';

export type Learned = Pick<DemoResult, 'samples' | 'training' | 'accuracy' | 'twin'>;

const POLL_MS = 20;
/** Pictures of the reference set that are trained on besides: without them a network forgets. */
const REMEMBERED = 80;
/** Of the mean average precision on the twin. */
const LEAST_ACCURACY = 0.7;
const TWIN_REQUESTS = 20;

/** From the devices' samples to a new model, in packages that are published, and to one with its labels in the wrong order. */
export async function learn(run: DemoRun, started: StartedFleet): Promise<Learned> {
  const { steps } = run;
  const collected = await steps.run('Collect the samples', () => collect(run, started));
  const labels = await writeLabels(path.join(run.folder, 'training'));
  const dataset = await steps.run('Label them, and make a data set', () => makeDataset(run, collected, labels));
  const training = await steps.run('Train', () => trainOn(run, dataset, labels));
  const accuracy = await steps.run('Measure before and after', async () => ({
    before: await accuracyOf(run, packagedModel(labels)),
    after: await accuracyOf(run, training),
  }));
  await steps.run('Package the new model, and one with its labels in the wrong order', async () => {
    await packageBoth(run, training);
    for (const version of [GOOD, BAD]) await started.fleet.publish(run.packages.buildOf(version));
  });
  const twin = await steps.run('Try it on the twin', () => tryOnTwin(run));
  const { samples, bytes } = collected;
  return {
    samples: {
      count: samples.length,
      bytes,
      byThing: countBy(samples.map(({ thing }) => thing)),
      byReason: countBy(samples.map(({ reason }) => reason.replace(/[\d.]+/g, '…'))),
    },
    training: { pictures: training.pictures, steps: training.steps, losses: training.losses },
    accuracy,
    twin,
  };
}

async function collect({ folder, signal }: DemoRun, { devices, clock, store }: StartedFleet): Promise<SavedSamples> {
  for (const device of devices)
    while ((await device.waiting()) > 0) await whileWorking(clock, sleep(systemClock, POLL_MS, signal));
  return saveSamples(store, BUCKET, path.join(folder, 'samples'));
}

/** @returns the folder of the data set, in the format of COCO */
async function makeDataset(run: DemoRun, { folder, samples }: SavedSamples, labels: string): Promise<string> {
  const names = (await readFile(labels, 'utf8')).trim().split('\n');
  const [file, dataset] = ['labels.json', 'dataset'].map((name) => path.join(run.folder, name)) as [string, string];
  await writeFile(file, JSON.stringify(labelsFor(samples, run.world, names)));
  const words = ['dataset', folder, '--labels', file, '--classes', labels, '--to', 'coco', '--output', dataset];
  await edgeml(words, run.signal);
  return dataset;
}

async function trainOn(
  { python, world, folder, pace, seed }: DemoRun,
  dataset: string,
  labels: string,
): Promise<Training> {
  const remembered = path.join(folder, 'training/remembered.json');
  const data = [
    `${path.join(dataset, 'annotations/instances_train.json')}=${path.join(dataset, 'images/train')}`,
    await firstPictures(world.folderOf('reference'), REMEMBERED, remembered),
  ];
  return train(python, path.join(folder, 'training/good'), { labels, data, epochs: pace.epochs, seed });
}

async function accuracyOf({ python, world }: DemoRun, model: Parameters<typeof measure>[1]) {
  const of = (test: SetName) => measure(python, model, world.dataOf(test));
  return { known: await of('test-known'), light: await of('test-light'), part: await of('test-part') };
}

async function packageBoth({ packages, world, folder }: DemoRun, trained: Training): Promise<void> {
  const filesOf = (name: SetName): readonly string[] => world.pictures(name).map(({ file }) => file);
  const golden = [...filesOf('test-known').slice(0, 2), ...filesOf('test-part').slice(0, 2)];
  const request = { golden, baseline: filesOf('part'), asChallenger: true };
  await packages.make({ ...request, version: GOOD, trained });
  const wrong = await withSortedLabels(trained, path.join(folder, 'training'));
  await packages.make({ ...request, version: BAD, trained: wrong });
}

async function tryOnTwin({ packages, world, folder, signal }: DemoRun): Promise<string> {
  const words = ['twin', '--build', packages.buildOf(GOOD), '--component', `${MODEL_COMPONENT}=${GOOD}`];
  const bounds = ['--held-back', world.folderOf('test-part'), '--min-accuracy', String(LEAST_ACCURACY)];
  const more = ['--requests', String(TWIN_REQUESTS), '--report', path.join(folder, 'twin')];
  return edgeml([...words, ...bounds, ...more], signal);
}

function countBy(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
