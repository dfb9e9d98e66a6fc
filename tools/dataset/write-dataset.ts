import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inParallel } from '../cloud/in-parallel.ts';
import { datasetErrors } from './errors.ts';
import type { Dataset, FormatName, Picture, Split } from './dataset.ts';
import { FORMATS } from './formats/formats.ts';

export interface DatasetOutput {
  readonly folder: string;
  readonly format: FormatName;
  /** Write over a folder with files in it. */
  readonly replace?: boolean;
  /** Address of the output folder for the labeling tool, e.g. `s3://bucket/labeling`; without it pictures go by their own address. */
  readonly imageRoot?: string;
  /** Goes into dataset.json. */
  readonly from: Readonly<Record<string, unknown>>;
  readonly pictureOf: (picture: Picture) => Promise<Uint8Array>;
}

export interface DatasetSummary {
  readonly pictures: Readonly<Record<Split, number>>;
  readonly objects: Readonly<Record<string, number>>;
}

/** Which file was made of which sample. */
const RECORD = 'dataset.json';
/** Pictures that are fetched at once. */
const PARALLEL = 8;

/**
 * Writes the whole folder beside its place, and moves it there at the end: nobody reads a part of a data set.
 * @throws EdgeError `dataset.format-unsuited`, `dataset.no-image-root`, `dataset.output-not-empty`; those of `pictureOf`
 */
export async function writeDataset(dataset: Dataset, output: DatasetOutput): Promise<DatasetSummary> {
  const format = FORMATS[output.format];
  const { folder, imageRoot } = output;
  if (!(format.tasks as readonly string[]).includes(dataset.task))
    throw datasetErrors.error('dataset.format-unsuited', `${output.format} does not hold one class for each picture`);
  await requireReplaceable(folder, output.replace === true);
  const isCopied = (picture: Picture): boolean =>
    !format.byAddress || imageRoot !== undefined || picture.uri === undefined;
  const addressOf = (picture: Picture): string => {
    const copy = `${format.folderOf(picture, dataset)}/${picture.name}`;
    if (imageRoot !== undefined) return `${imageRoot.replace(/\/$/, '')}/${copy}`;
    if (picture.uri !== undefined) return picture.uri;
    if (output.format === 'label-studio') return `/data/local-files/?d=${copy}`;
    const message = `Ground Truth reads pictures from a bucket, and "${picture.name}" lies on this machine`;
    throw datasetErrors.error('dataset.no-image-root', message);
  };
  const files = format.write(dataset, { addressOf });
  const summary = summaryOf(dataset);
  const partial = `${folder.replace(/[/\\]+$/, '')}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial, { recursive: true });
    for (const name of format.foldersOf(dataset)) await mkdir(path.join(partial, name), { recursive: true });
    await inParallel(dataset.pictures.filter(isCopied), PARALLEL, async (picture) => {
      const file = path.join(partial, format.folderOf(picture, dataset), picture.name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, await output.pictureOf(picture));
    });
    for (const [name, text] of [...files, [RECORD, recordOf(dataset, output, summary)] as const]) {
      await mkdir(path.dirname(path.join(partial, name)), { recursive: true });
      await writeFile(path.join(partial, name), text);
    }
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return summary;
}

/** Only an earlier data set is written over, since everything in the folder goes. */
async function requireReplaceable(folder: string, replace: boolean): Promise<void> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (names.length === 0 || (replace && names.includes(RECORD))) return;
  const what = replace ? `is not a data set: it has no ${RECORD}` : `holds ${names.length} files`;
  throw datasetErrors.error('dataset.output-not-empty', `the folder "${folder}" ${what}`);
}

/** How many pictures each split has, and how many objects each class. */
export function summaryOf({ pictures, labels }: Dataset): DatasetSummary {
  const count = (split: Split): number => pictures.filter((picture) => picture.split === split).length;
  const objects = new Map(labels.map((label) => [label, 0]));
  for (const { classId } of pictures.flatMap((picture) => picture.objects)) {
    const label = labels[classId] ?? '';
    objects.set(label, (objects.get(label) ?? 0) + 1);
  }
  return {
    pictures: { train: count('train'), val: count('val'), test: count('test') },
    objects: Object.fromEntries(objects),
  };
}

/** Which file was made of which sample, to read later; formats do not have a place for it. */
function recordOf(
  { task, labels, pictures }: Dataset,
  { format, from }: DatasetOutput,
  summary: DatasetSummary,
): string {
  const rows = pictures.map(({ name, split, byPerson, model, shouldBe, reason, takenAt, uri }) => ({
    name,
    split,
    byPerson,
    model,
    shouldBe,
    reason,
    takenAt,
    uri,
  }));
  return `${JSON.stringify({ schemaVersion: 1, format, task, labels, from, ...summary, samples: rows }, undefined, 1)}\n`;
}
