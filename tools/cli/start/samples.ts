import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT } from '../../bundle/project.ts';
import { cliErrors } from '../errors.ts';

const SAMPLES = path.join(PROJECT, 'artifacts/samples');
const GEARS = path.join(SAMPLES, 'gears');
const PILES = path.join(SAMPLES, 'piles');
const IMAGE = /\.(jpe?g|png)$/i;

/** A folder of sample images and the service that looks at them. */
export interface SampleSet {
  /** Name of the source in the application's configuration. */
  readonly source: string;
  readonly service: string;
  readonly folder: string;
  readonly images: readonly string[];
}

/**
 * Copies the sample images into one folder per service: scenes of the conveyor for the detector, close-ups for the classifier, piles of
 * parts for the segmenter, gears of the inspection station for the inspector.
 *
 * @throws EdgeError `cli.no-samples`
 */
export async function stageSamples(target: string): Promise<readonly SampleSet[]> {
  const [names, piles, gears] = [await imagesIn(SAMPLES), await imagesIn(PILES), await imagesIn(GEARS)];
  await rm(target, { recursive: true, force: true });
  return Promise.all([
    stage('sample-scenes', 'PartsDetector', path.join(target, 'scenes'), SAMPLES, names.filter(isScene)),
    stage(
      'sample-closeups',
      'PartsClassifier',
      path.join(target, 'closeups'),
      SAMPLES,
      names.filter((name) => !isScene(name)),
    ),
    stage('sample-piles', 'PartsSegmenter', path.join(target, 'piles'), PILES, piles),
    stage('sample-gears', 'GearInspector', path.join(target, 'gears'), GEARS, gears),
  ]);
}

/** @throws EdgeError `cli.no-samples` */
async function imagesIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => IMAGE.test(name)).sort();
  if (names.length === 0) throw cliErrors.error('cli.no-samples', `there are no images in ${folder}`);
  return names;
}

async function stage(
  source: string,
  service: string,
  folder: string,
  from: string,
  images: readonly string[],
): Promise<SampleSet> {
  await mkdir(folder, { recursive: true });
  await Promise.all(images.map((name) => copyFile(path.join(from, name), path.join(folder, name))));
  return { source, service, folder, images };
}

function isScene(name: string): boolean {
  return !name.startsWith('part-');
}
