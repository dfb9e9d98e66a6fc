import { ok } from 'node:assert';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { unlessRejected } from '../../../testing/fuzz/fuzz-target.ts';
import type { Dataset, LabelFiles } from '../dataset.ts';
import { FORMATS } from './formats.ts';

const DATASET: Dataset = {
  task: 'detection',
  labels: ['bolt', 'nut'],
  pictures: [
    {
      name: 'a.jpg',
      width: 40,
      height: 30,
      split: 'train',
      objects: [{ classId: 1, box: [0.1, 0.2, 0.5, 0.6] }],
      byPerson: true,
      takenAt: '2026-01-01T00:00:00.000Z',
    },
  ],
};
const OPTIONS = { addressOf: ({ name }: { readonly name: string }) => `s3://samples/${name}` };
/** Divides an input into files, each with its name in the first line. */
const NEXT_FILE = '\n==== ';

const target: FuzzTarget = {
  about: 'exports of labeling tools: COCO, YOLO, Label Studio, CVAT, Ground Truth',
  dictionary: [
    '"annotations":[',
    '"bbox":[',
    '"image_id":',
    '<box ',
    'xtl="',
    'rotation="9"',
    '"rectanglelabels":',
    NEXT_FILE,
    '1e400',
    '__proto__',
  ],
  seeds: () =>
    Object.values(FORMATS).map((format) => {
      const files = [...format.write(DATASET, OPTIONS)].map(([name, text]) => `${name}\n${text}`);
      return Uint8Array.from(Buffer.from(files.join(NEXT_FILE)));
    }),
  async run(bytes) {
    const files = new Map(
      Buffer.from(bytes)
        .toString()
        .split(NEXT_FILE)
        .map((part): [string, string] => {
          const end = part.indexOf('\n');
          return end < 0 ? ['a.json', part] : [part.slice(0, end), part.slice(end + 1)];
        }),
    );
    const place: LabelFiles = {
      where: 'export',
      names: [...files.keys()].sort(),
      text: async (name) => files.get(name) ?? '',
    };
    for (const [name, format] of Object.entries(FORMATS)) {
      await unlessRejected(() => format.recognizes(place));
      for (const { name: picture, objects } of (await unlessRejected(() => format.read(place))) ?? []) {
        ok(typeof picture === 'string' && !picture.includes('/'), `${name}: a picture is named ${picture}`);
        for (const { label, box = [0, 0, 1, 1] } of objects) {
          ok(typeof label === 'string', `${name}: a label is ${String(label)}`);
          ok(box.length === 4 && box.every((side) => side >= 0 && side <= 1), `${name}: a box is ${box.join(', ')}`);
        }
      }
    }
  },
};
export default target;
