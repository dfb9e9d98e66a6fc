import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { filesBelow, messageOf } from '#packages/foundation';
import { FORMAT_NAMES } from './dataset.ts';
import type { FormatName, LabeledPicture, LabelFiles } from './dataset.ts';
import { datasetErrors } from './errors.ts';
import { FORMATS } from './formats/formats.ts';

export interface ReadLabels {
  readonly format: FormatName;
  readonly pictures: readonly LabeledPicture[];
}

/**
 * The export of a labeling tool, a file or a folder of files.
 * @param format default: the one that the files look like
 * @throws EdgeError `dataset.no-labels`, `dataset.labels-unreadable`
 */
export async function readLabels(place: string, format?: FormatName): Promise<ReadLabels> {
  const files = await labelFiles(path.resolve(place));
  const found = format ?? (await formatOf(files));
  if (found === undefined)
    throw datasetErrors.error(
      'dataset.no-labels',
      `${files.where} does not look like any of ${FORMAT_NAMES.join(', ')}: it holds ${files.names.length} files`,
    );
  const pictures = await FORMATS[found].read(files);
  if (pictures.length === 0)
    throw datasetErrors.error(
      'dataset.no-labels',
      `${files.where} does not hold a labeled picture in the format ${found}`,
    );
  const names = new Set<string>();
  for (const { name } of pictures) {
    if (names.has(name))
      throw datasetErrors.error('dataset.labels-unreadable', `${files.where}: the picture "${name}" is labeled twice`);
    names.add(name);
  }
  return { format: found, pictures };
}

async function formatOf(files: LabelFiles): Promise<FormatName | undefined> {
  for (const name of FORMAT_NAMES) if (await FORMATS[name].recognizes(files)) return name;
  return undefined;
}

async function labelFiles(place: string): Promise<LabelFiles> {
  const info = await stat(place).catch((cause: unknown) => {
    throw datasetErrors.error('dataset.no-labels', `cannot read "${place}": ${messageOf(cause)}`, { cause });
  });
  const folder = info.isFile() ? path.dirname(place) : place;
  return {
    where: folder,
    names: info.isFile() ? [path.basename(place)] : await filesBelow(place),
    text: (name) => readFile(path.join(folder, name), 'utf8'),
  };
}
