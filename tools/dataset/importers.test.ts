import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../testing/outside-data/needs.ts';
import { labelingTools, PYTHON_WITH_MODULES } from '../../testing/outside-data/python.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { SPLITS } from './dataset.ts';
import type { Dataset, FormatName } from './dataset.ts';
import { writeDataset } from './write-dataset.ts';

const SCRIPT = path.join(import.meta.dirname, '../../testing/dataset/open-dataset.py');
const SIZE = { width: 80, height: 60 };
const COMMON = { ...SIZE, byPerson: false, model: 'Parts 1.2.0', takenAt: '2026-01-01T00:00:00.000Z' };
const LABELS = ['gear', 'hex "nut" & <bolt>', 'Dübel 7'];
const boxes: Dataset = {
  task: 'detection',
  labels: LABELS,
  pictures: [
    {
      ...COMMON,
      name: 'first.jpg',
      split: 'train',
      objects: [
        { classId: 0, score: 0.9, box: [0.1, 0.2, 0.6, 0.8] },
        { classId: 1, score: 0.4, box: [0, 0, 1, 1] },
      ],
    },
    {
      ...COMMON,
      name: 'second.jpg',
      split: 'val',
      byPerson: true,
      objects: [{ classId: 2, box: [0.5, 0.5, 0.75, 0.75] }],
    },
    { ...COMMON, name: 'empty.jpg', split: 'test', objects: [] },
  ],
};
/** Each split has each class, since datumaro refuses an empty folder (Ultralytics wants it). */
const classes: Dataset = {
  task: 'classification',
  labels: ['gear', 'nut', 'Dübel 7'],
  pictures: SPLITS.flatMap((split) =>
    [0, 1, 2].map((classId) => ({
      ...COMMON,
      name: `${split}-${classId}.jpg`,
      split,
      objects: [{ classId, score: 0.7 }],
    })),
  ),
};

interface Opened {
  readonly split: string;
  readonly objects: readonly (readonly [label: string, ...corners: number[]])[];
  /** Height and width, if the library gives them. */
  readonly size: readonly number[];
}

/** Each library opens what was written for it. */
describe('the libraries of labeling tools and trainers', await needs(labelingTools), () => {
  let folder: string;
  let found: Readonly<Record<string, Readonly<Record<string, Opened>>>>;

  async function write(dataset: Dataset, format: FormatName): Promise<string> {
    const picture = await sharp({ create: { ...SIZE, channels: 3, background: 'gray' } })
      .jpeg()
      .toBuffer();
    const place = path.join(folder, `${format}-${dataset.task}`);
    await writeDataset(dataset, { folder: place, format, from: {}, pictureOf: async () => picture });
    return place;
  }

  // One process opens all: it takes a second to load the libraries.
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-importers-'));
    const coco = await write(boxes, 'coco');
    const words = [
      `pycocotools=${coco}`,
      `datumaro:coco=${coco}`,
      `datumaro:yolo=${await write(boxes, 'yolo')}`,
      `datumaro:imagenet_with_subset_dirs=${await write(classes, 'yolo')}`,
      `datumaro:cvat=${await write(boxes, 'cvat')}`,
      `label-studio-sdk=${await write(boxes, 'label-studio')}`,
      `datumaro:cvat#classes=${await write(classes, 'cvat')}`,
      `label-studio-sdk#classes=${await write(classes, 'label-studio')}`,
    ];
    const { stdout } = await promisify(execFile)(PYTHON_WITH_MODULES, [SCRIPT, ...words], { timeout: PATIENCE_MS });
    found = JSON.parse(stdout) as typeof found;
  }, PATIENCE_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['pycocotools', 'datumaro:coco', 'datumaro:yolo', 'datumaro:cvat', 'label-studio-sdk'])(
    '%s finds every box',
    (opener) => expect(rounded(found[opener])).toEqual(expected(boxes)),
  );

  it.each(['datumaro:imagenet_with_subset_dirs', 'datumaro:cvat#classes', 'label-studio-sdk#classes'])(
    '%s finds every class',
    (opener) => expect(rounded(found[opener])).toEqual(expected(classes)),
  );

  it('finds pictures of the size that the data set says', () => {
    const sizes = Object.values(found).flatMap((opened) => Object.values(opened).map(({ size }) => size.join(' × ')));
    expect(new Set(sizes)).toEqual(new Set(['', `${SIZE.height} × ${SIZE.width}`]));
  });
});

function rounded(opened: Readonly<Record<string, Opened>> = {}): object {
  const entries = Object.entries(opened).map(([name, { split, objects }]) => {
    const rows = objects.map(([label, ...corners]) => [
      label,
      ...corners.map((corner) => Math.round(corner * 100) / 100),
    ]);
    return [name, { split, objects: rows.sort() }];
  });
  return Object.fromEntries(entries) as object;
}

function expected({ pictures, labels }: Dataset): object {
  const entries = pictures.map(({ name, split, objects, width, height }) => {
    const rows = objects.map(({ classId, box = [] }) => [
      labels[classId],
      ...box.map((corner, at) => Math.round(corner * (at % 2 === 0 ? width : height) * 100) / 100),
    ]);
    return [name.replace('.jpg', ''), { split, objects: rows.sort() }];
  });
  return Object.fromEntries(entries) as object;
}
