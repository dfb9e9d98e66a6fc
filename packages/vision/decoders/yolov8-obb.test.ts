import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prediction, Yolov8ObbOutput } from '#packages/model-package';
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
import { argmax, slowFinish, transpose } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';
import { slowFastNms } from '../../../testing/vision/slow-rotated-nms.ts';
import type { PlainTurned } from '../../../testing/vision/slow-rotated-nms.ts';

const LABELS = ['bolt', 'nut'];
const [WIDTH, HEIGHT] = [64, 32];
const score = floats(0, 1);
/** At 0 and 1 only the reference's small summand decides. */
const overlaps = fc.constantFrom(0.1, 0.3, 0.45, 0.7);
const rows = table(11, floats(0, 64), floats(0, 32), floats(1, 40), floats(1, 30), score, score, floats(-0.78, 2.35));

/** One row in full: the turned box in pixels, its corners by a matrix, the angle of its longer side. */
function slowRow(row: readonly number[], classId: number, value: number, placement: Parameters<typeof slowFinish>[2]) {
  const [x, y, width, height] = row.map(Math.fround) as [number, number, number, number];
  const angle = Math.fround(row.at(-1) as number);
  const [right, down] = [[Math.cos(angle), Math.sin(angle)] as const, [-Math.sin(angle), Math.cos(angle)] as const];
  const corners = ([[-1, -1], [1, -1], [1, 1], [-1, 1]] as const).map(([a, b]) => [
    x + (a * width * right[0] + b * height * down[0]) / 2,
    y + (a * width * right[1] + b * height * down[1]) / 2,
  ] as const); // prettier-ignore
  const onX = corners.map(([cornerX]) => cornerX / WIDTH);
  const onY = corners.map(([, cornerY]) => cornerY / HEIGHT);
  const turns = (width >= height ? angle : angle + Math.PI / 2) / Math.PI;
  const long = (turns - Math.floor(turns)) * Math.PI;
  const more: Partial<Prediction> = {
    corners: corners.map(([cornerX, cornerY]) => [
      (cornerX / WIDTH) * placement.scaleX + placement.offsetX,
      (cornerY / HEIGHT) * placement.scaleY + placement.offsetY,
    ]) as never,
    angle: long < Math.PI ? long : 0,
  };
  const box = [Math.min(...onX), Math.min(...onY), Math.max(...onX), Math.max(...onY)] as const;
  return { classId, score: value, box, more, turned: { x, y, width, height, angle } };
}

describe('the yolov8-obb decoder', () => {
  it.each([true, false])('gives what the obvious implementation gives, transposed: %j', async (isTurned) => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        detectionOptions,
        overlaps,
        placements,
        async (values, options, iouThreshold, placement) => {
          const spec = specOf('oriented-detection', { decoder: 'yolov8-obb', ...options, iouThreshold });
          const plain = values.map((row) => {
            const classId = argmax(row.slice(4, 6));
            return slowRow(row, classId, row[4 + classId] as number, placement);
          });
          const output0 = isTurned ? float32([1, 7, 11], transpose(values)) : float32([1, 11, 7], values.flat());
          const found = await decode(spec, { output0 }, { labels: LABELS, placement });
          const output = spec.output as Yolov8ObbOutput;
          const kept = slowFastNms<PlainBox & PlainTurned>(plain, output, placement);
          expectSame(found, slowFinish(kept, { ...output, nms: 'none' }, placement, LABELS));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes finished rows as they are: center, size, score, class, angle', async () => {
    const spec = specOf('oriented-detection', { decoder: 'yolov8-obb', rows: 'finished' });
    const values = [
      [32, 16, 20, 10, 0.9, 1, 0],
      [32, 16, 10, 20, 0.8, 0, 0],
      [0, 0, 0, 0, 0, 0, 0],
    ];
    const found = await decode(spec, { output0: float32([1, 3, 7], values.flat()) }, { labels: LABELS });
    expect(found).toMatchObject([
      { label: 'nut', box: [22 / 64, 11 / 32, 42 / 64, 21 / 32], angle: 0, corners: [[22 / 64, 11 / 32], {}, {}, {}] },
      { label: 'bolt', angle: Math.PI / 2 },
    ]);
    expect(found).toHaveLength(2);
  });

  it('refuses a table without an angle', async () => {
    const spec = specOf('oriented-detection', { decoder: 'yolov8-obb' });
    const output0 = float32([1, 6, 40], new Array<number>(240).fill(0));
    await expect(decode(spec, { output0 }, { labels: LABELS })).rejects.toMatchObject({
      message: 'output "output0" has the shape [1, 6, 40]; needed is [1, 7, N]',
    });
  });
});
