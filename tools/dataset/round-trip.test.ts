import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMAT_NAMES, SPLITS } from './dataset.ts';
import type { Dataset, Picture } from './dataset.ts';
import { FORMATS } from './formats/formats.ts';
import { readLabels } from './read-labels.ts';
import { writeDataset } from './write-dataset.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-round-trip-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const label = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => /^\S(.*\S)?$/u.test(text));
const labels = fc.uniqueArray(label, { minLength: 1, maxLength: 4 });
const side = fc.integer({ min: 16, max: 4000 });

/** Corners in whole pixels, which every format holds exactly. */
const corners = (length: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: length }), { minLength: 2, maxLength: 2 })
    .map((ends) => [Math.min(...ends) / length, Math.max(...ends) / length] as const);

const picture = (task: Dataset['task'], classes: number): fc.Arbitrary<Omit<Picture, 'name'>> =>
  fc.record({ width: side, height: side }).chain(({ width, height }) => {
    const box = fc.tuple(corners(width), corners(height)).map(([x, y]) => [x[0], y[0], x[1], y[1]] as const);
    const classId = fc.nat({ max: classes - 1 });
    const objects =
      task === 'detection'
        ? fc.array(fc.record({ classId, box }), { maxLength: 4 })
        : fc.array(fc.record({ classId }), { minLength: 1, maxLength: 1 });
    const rest = { split: fc.constantFrom(...SPLITS), objects, byPerson: fc.constant(true) };
    return fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      takenAt: fc.constant(TAKEN_AT),
      ...rest,
    });
  });
const TAKEN_AT = '2026-01-01T00:00:00.000Z';

const dataset = (task: Dataset['task']): fc.Arbitrary<Dataset> =>
  labels.chain((names) =>
    fc.array(picture(task, names.length), { minLength: 1, maxLength: 5 }).map((pictures) => ({
      task,
      labels: names,
      pictures: pictures.map((one, at) => ({ ...one, name: `sample-${at}.jpg` })),
    })),
  );

/** Objects by picture, with names of classes and corners in hundredths of a pixel, in the order of the pictures' names. */
function told(pictures: readonly { readonly name: string; readonly objects: readonly Told[] }[], whole: Dataset) {
  const sizes = new Map(whole.pictures.map(({ name, width, height }) => [stem(name), [width, height, width, height]]));
  return pictures
    .map(({ name, objects }) => ({
      name: stem(name),
      objects: objects.map(({ label, classId, box }) => ({
        label: label ?? whole.labels[classId ?? -1],
        box: box?.map((corner, at) => Math.round(corner * (sizes.get(stem(name))?.[at] ?? NaN) * 100) / 100),
      })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Told {
  readonly label?: string;
  readonly classId?: number;
  readonly box?: readonly number[];
}

function stem(name: string): string {
  return name.replace(/\.[^.]+$/, '');
}

describe.each(FORMAT_NAMES)('a data set as %s', (name) => {
  it.each(FORMATS[name].tasks)('comes back as it was: %s', async (task) => {
    await fc.assert(
      fc.asyncProperty(dataset(task), async (whole) => {
        const output = path.join(folder, name);
        await writeDataset(whole, {
          folder: output,
          format: name,
          replace: true,
          ...(FORMATS[name].byAddress ? { imageRoot: 's3://bucket/labeling' } : {}),
          from: {},
          pictureOf: async () => new Uint8Array(),
        });
        const { format, pictures } = await readLabels(output);
        expect(format).toBe(name);
        expect(told(pictures, whole)).toEqual(told(whole.pictures, whole));
      }),
      { numRuns: 12 },
    );
  });
});
