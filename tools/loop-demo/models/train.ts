import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectPaths } from '../../bundle/project.ts';
import type { Python } from '../python.ts';
import { MODEL, NEW_LABEL } from '../settings.ts';
import type { Trained } from './packages.ts';

const PACKAGED = path.join(projectPaths.models, MODEL);

/** Labels of the model that serves, with the new one behind them. */
export async function writeLabels(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'labels.txt');
  await writeFile(file, `${await readFile(path.join(PACKAGED, 'labels.txt'), 'utf8')}${NEW_LABEL}\n`);
  return file;
}

export interface TrainRequest {
  readonly labels: string;
  /** `ANNOTATIONS=PICTURES` each. */
  readonly data: readonly string[];
  readonly epochs: number;
  readonly seed: number;
}

export interface Training extends Trained {
  readonly pictures: number;
  readonly steps: number;
  /** Of each epoch. */
  readonly losses: readonly number[];
}

/** Has the packaged detector learn on from a data set, on the CPU. */
export async function train(python: Python, folder: string, request: TrainRequest): Promise<Training> {
  const { labels, data, epochs, seed } = request;
  const sets = data.flatMap((one) => ['--data', one]);
  const words = ['--labels', labels, '--epochs', String(epochs), '--seed', String(seed), ...sets];
  const lines = (await python(['loop.fine_tune', PACKAGED, folder, ...words])).trim().split('\n');
  const said = lines.map((line) => JSON.parse(line) as { loss?: number; pictures?: number; steps?: number });
  return {
    model: path.join(folder, 'model.onnx'),
    labels: path.join(folder, 'labels.txt'),
    pictures: said.at(-1)?.pictures ?? 0,
    steps: said.at(-1)?.steps ?? 0,
    losses: said.flatMap(({ loss }) => (loss === undefined ? [] : [loss])),
  };
}

/** mAP at an IoU of 0.5, of all classes that there are and of each. */
export interface Accuracy {
  readonly map: number;
  readonly classes: Readonly<Record<string, number>>;
}

/** A model on pictures that no training has seen. */
export async function measure(python: Python, { model, labels }: Trained, data: string): Promise<Accuracy> {
  return JSON.parse(await python(['loop.measure', model, labels, data])) as Accuracy;
}

/** The detector as it is packaged, with the labels of all classes: it cannot name the new one. */
export function packagedModel(labels: string): Trained {
  return { model: path.join(PACKAGED, 'model.onnx'), labels };
}
