import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyPoint, Yolov8PoseOutput } from '#packages/model-package';
import {
  decode,
  detectionOptions,
  expectSame,
  float32,
  floats,
  placements,
  specOf,
  table,
} from '../../../testing/vision/decoder-rig.ts';
import { argmax, fromCenter, slowFinish, transpose } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';

const LABELS = ['worker', 'robot'];
const [WIDTH, HEIGHT] = [64, 32];
const score = floats(0, 1);
const box = [floats(-10, 74), floats(-10, 42), floats(1, 40), floats(1, 30)];
const points = (numbers: 2 | 3) =>
  Array.from({ length: 3 }, () => [floats(-10, 74), floats(-10, 42), score].slice(0, numbers)).flat();

/** The points of a row, in full: from the model's input to the image, put on its edge if they lie outside. */
function slowPoints(row: readonly number[], first: number, numbers: number, at: Placed): KeyPoint[] {
  const edge = (value: number): number => Math.min(1, Math.max(0, value));
  return [0, 1, 2].map((point) => {
    const [x, y, seen] = row.slice(first + point * numbers, first + (point + 1) * numbers).map(Math.fround);
    return [
      edge(((x as number) / WIDTH) * at.scaleX + at.offsetX),
      edge(((y as number) / HEIGHT) * at.scaleY + at.offsetY),
      ...(seen === undefined ? [] : [seen]),
    ] as unknown as KeyPoint;
  });
}

interface Placed {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

describe('the yolov8-pose decoder', () => {
  it.each([2, 3] as const)('gives what the obvious implementation gives, with %i numbers a point', async (numbers) => {
    const rows = table(11, ...box, score, score, ...points(numbers));
    await fc.assert(
      fc.asyncProperty(
        rows,
        detectionOptions,
        placements,
        fc.boolean(),
        async (values, options, placement, isTurned) => {
          const spec = specOf('pose', { decoder: 'yolov8-pose', keypoints: [3, numbers], ...options });
          const plain = values.map((row): PlainBox => {
            const [x, y, w, h] = row.map(Math.fround) as [number, number, number, number];
            const classId = argmax(row.slice(4, 6));
            const at = fromCenter(x / WIDTH, y / HEIGHT, w / WIDTH, h / HEIGHT);
            return {
              classId,
              score: row[4 + classId] as number,
              box: at,
              more: { keypoints: slowPoints(row, 6, numbers, placement) },
            };
          });
          const width = 6 + 3 * numbers;
          const output0 = isTurned
            ? float32([1, width, 11], transpose(values))
            : float32([1, 11, width], values.flat());
          const found = await decode(spec, { output0 }, { labels: LABELS, placement });
          expectSame(found, slowFinish(plain, spec.output as Yolov8PoseOutput, placement, LABELS));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('takes finished rows as they are: corners, score, class, points', async () => {
    const rows = table(
      5,
      floats(0, 30),
      floats(0, 15),
      floats(31, 64),
      floats(16, 32),
      score,
      fc.constantFrom(0, 1),
      ...points(3),
    );
    await fc.assert(
      fc.asyncProperty(rows, placements, async (values, placement) => {
        const spec = specOf('pose', { decoder: 'yolov8-pose', keypoints: [3, 3], rows: 'finished' });
        const plain = values.map((row): PlainBox => {
          const [x0, y0, x1, y1] = row.map(Math.fround) as [number, number, number, number];
          const at = [x0 / WIDTH, y0 / HEIGHT, x1 / WIDTH, y1 / HEIGHT] as const;
          return {
            classId: row[5] as number,
            score: row[4] as number,
            box: at,
            more: { keypoints: slowPoints(row, 6, 3, placement) },
          };
        });
        const found = await decode(
          spec,
          { output0: float32([1, 5, 15], values.flat()) },
          { labels: LABELS, placement },
        );
        expectSame(found, slowFinish(plain, spec.output as Yolov8PoseOutput, placement, LABELS));
      }),
      { numRuns: 30 },
    );
  });

  it('leaves out a pose with a point that is not a number', async () => {
    const spec = specOf('pose', { decoder: 'yolov8-pose', keypoints: [1, 2], rows: 'finished' });
    const rows = [
      [0, 0, 30, 30, 0.9, 0, 5, NaN],
      [0, 0, 30, 30, 0.8, 0, 16, 8],
    ];
    const found = await decode(spec, { output0: float32([1, 2, 8], rows.flat()) });
    expect(found).toMatchObject([{ score: Math.fround(0.8), keypoints: [[0.25, 0.25]] }]);
    expect(found).toHaveLength(1);
  });

  it('says which shape it needs', async () => {
    const raw = specOf('pose', { decoder: 'yolov8-pose', keypoints: [17, 3] });
    const wrong = { output0: float32([1, 40, 56], new Array<number>(40 * 56).fill(0)) };
    await expect(decode(raw, wrong, { labels: LABELS })).rejects.toMatchObject({
      code: 'model.output-unexpected',
      message: 'output "output0" has the shape [1, 40, 56]; needed is [1, 57, N]',
    });
    const finished = specOf('pose', { decoder: 'yolov8-pose', keypoints: [17, 3], rows: 'finished' });
    await expect(decode(finished, wrong)).rejects.toMatchObject({
      message: 'output "output0" has the shape [1, 40, 56]; needed is [1, N, 57]',
    });
  });
});
