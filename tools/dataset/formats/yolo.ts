import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import { SPLITS } from '../dataset.ts';
import type { Dataset, DatasetFormat, LabeledPicture, LabelFiles, Picture } from '../dataset.ts';
import { baseName, boxOfCorners, parseWith, unreadable } from './reading.ts';

/**
 * As Ultralytics reads it (docs.ultralytics.com/datasets). Boxes: data.yaml, and beside each picture's folder `images/<split>` a folder
 * `labels/<split>` with one text file for each picture: class, center, width and height as fractions. Classes: `<split>/<class>/<picture>`.
 */
export const yolo: DatasetFormat = {
  tasks: ['detection', 'classification'],
  byAddress: false,
  folderOf: ({ split, objects: [object] }, { task, labels }) =>
    task === 'detection' ? `images/${split}` : `${split}/${folderName(labels[object?.classId ?? 0] ?? '')}`,
  // Trainers number the classes by the folders, which must be the same ones in each split.
  foldersOf: ({ task, labels }) =>
    SPLITS.flatMap((split) =>
      task === 'detection' ? `images/${split}` : labels.map((label) => `${split}/${folderName(label)}`),
    ),
  write(dataset) {
    return dataset.task === 'detection' ? detectionFiles(dataset) : new Map();
  },
  async recognizes({ names }) {
    return names.includes('data.yaml') || names.some((name) => CLASS_PICTURE.test(name));
  },
  async read(place) {
    return place.names.includes('data.yaml') ? readDetections(place) : readClasses(place);
  },
};

const CLASS_PICTURE = /^(?:train|val|test)\/([^/]+)\/([^/]+\.(?:jpe?g|png|webp|bmp))$/i;

/** Characters that no system takes in the name of a folder are percent-encoded; trainers show the rest as it is. */
function folderName(label: string): string {
  const encode = (text: string): string =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
  return label.replace(/[%#/\\:*?"<>|\u0000-\u001f\u007f]|^[.]|[. ]$/g, encode);
}

function detectionFiles({ labels, pictures }: Dataset): ReadonlyMap<string, string> {
  const splits = Object.fromEntries(SPLITS.map((split) => [split, `images/${split}`]));
  const data = stringify({ path: '.', ...splits, names: Object.fromEntries(labels.entries()) });
  return new Map([['data.yaml', data], ...pictures.map((picture) => [textName(picture), rowsOf(picture)] as const)]);
}

function textName({ name, split }: Picture): string {
  return `labels/${split}/${name.replace(/\.[^.]+$/, '')}.txt`;
}

function rowsOf({ objects }: Picture): string {
  return objects
    .flatMap(({ classId, box }) => {
      if (!box) return [];
      const numbers = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]];
      return [`${classId} ${numbers.map((number) => number.toFixed(8)).join(' ')}\n`];
    })
    .join('');
}

const dataFile = z.object({ names: z.union([z.array(z.string()), z.record(z.string(), z.string())]) });

async function readDetections(place: LabelFiles): Promise<readonly LabeledPicture[]> {
  const where = `${place.where}/data.yaml`;
  const { names } = parseWith(dataFile, parseYaml(await place.text('data.yaml'), where), where);
  const labels = new Map(Object.entries(names).map(([number, label]) => [Number(number), label]));
  const texts = place.names.filter((name) => /(?:^|\/)labels\/.*\.txt$/.test(name));
  return Promise.all(
    texts.map(async (name) => {
      const lines = (await place.text(name)).split('\n');
      const objects = lines.flatMap((line, at) =>
        line.trim() === '' ? [] : [readRow(line, labels, `${place.where}/${name}:${at + 1}`)],
      );
      return { name: name.slice(name.lastIndexOf('/') + 1), objects };
    }),
  );
}

function readRow(line: string, labels: ReadonlyMap<number, string>, where: string): LabeledPicture['objects'][number] {
  const numbers = line.trim().split(/\s+/).map(Number);
  const [classId = NaN, x = NaN, y = NaN, w = NaN, h = NaN] = numbers;
  if (numbers.length !== 5 || numbers.some(Number.isNaN))
    throw unreadable(`${where}: "${line.trim()}" is not a class, a center, a width and a height`);
  const label = labels.get(classId);
  if (label === undefined) throw unreadable(`${where}: data.yaml does not name the class ${classId}`);
  // A fraction more than one is the last digit's rounding, at a size of a thousand pixels.
  const size = { width: 1000, height: 1000 };
  const corners = [x - w / 2, y - h / 2, x + w / 2, y + h / 2].map((fraction) => fraction * 1000);
  return { label, box: boxOfCorners(corners, size, where) };
}

function parseYaml(text: string, where: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw unreadable(`${where} is not YAML: ${messageOf(cause)}`, cause);
  }
}

function readClasses({ names }: LabelFiles): readonly LabeledPicture[] {
  return names.flatMap((path) => {
    const [, folder, name] = CLASS_PICTURE.exec(path) ?? [];
    return folder === undefined || name === undefined ? [] : [{ name, objects: [{ label: baseName(folder) }] }];
  });
}
