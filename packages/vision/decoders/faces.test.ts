import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScrfdOutput, YunetOutput } from '#packages/model-package';
import { decode, detectionOptions, expectSame, float32, floats, placements, specOf, table } from '../../../testing/vision/decoder-rig.ts'; // prettier-ignore
import { fromCenter, slowFinish } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';

/** 2 × 1 cells of 8 pixels and one of 16. */
const [WIDTH, HEIGHT] = [16, 8];
const CELLS = [{ stride: 8, x: 0 }, { stride: 8, x: 8 }, { stride: 16, x: 0 }] as const; // prettier-ignore
const input = { width: WIDTH, height: HEIGHT };
const points = Array.from({ length: 10 }, () => floats(-1, 2));

type InPicture = {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
};

/** Five points in pixels of the input, put into the picture and onto its edge. */
function slowPoints(offsets: readonly number[], { stride, x }: (typeof CELLS)[number], placement: InPicture) {
  const onEdge = (value: number): number => Math.min(1, Math.max(0, value));
  return [0, 2, 4, 6, 8].map((at): [number, number] => [
    onEdge(((x + offsets[at]! * stride) / WIDTH) * placement.scaleX + placement.offsetX),
    onEdge(((offsets[at + 1]! * stride) / HEIGHT) * placement.scaleY + placement.offsetY),
  ]);
}

/** Columns of rows as outputs of each stride. */
function outputsOf(
  rows: readonly number[][],
  parts: Readonly<Record<string, readonly [number, number]>>,
  perCell: number,
) {
  return Object.fromEntries([8, 16].flatMap((stride) => {
    const mine = rows.filter((_, at) => CELLS[Math.floor(at / perCell)]!.stride === stride);
    return Object.entries(parts).map(([part, [from, to]]) => [
      `${part}_${stride}`,
      float32([1, mine.length, to - from], mine.flatMap((row) => row.slice(from, to))),
    ]);
  })); // prettier-ignore
}

describe('decoders of faces', () => {
  it('yunet gives what the obvious implementation gives', async () => {
    const rows = table(3, floats(-0.2, 1.2), floats(-0.2, 1.2), floats(-1, 2), floats(-1, 2), floats(-2, 1), floats(-2, 1), ...points); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(rows, detectionOptions, placements, async (values, options, placement) => {
        const heads = [8, 16].map((stride) => ({ stride, scores: `cls_${stride}`, objectness: `obj_${stride}`, boxes: `bbox_${stride}`, points: `kps_${stride}` })); // prettier-ignore
        const spec = specOf('pose', { decoder: 'yunet', heads, ...options }, input);
        const plain = values.map((row, cell): PlainBox => {
          const { stride, x } = CELLS[cell]!;
          const [cls, obj] = [row[0]!, row[1]!].map((value) => Math.min(1, Math.max(0, value))) as [number, number];
          const [w, h] = [(Math.exp(row[4]!) * stride) / WIDTH, (Math.exp(row[5]!) * stride) / HEIGHT];
          const box = fromCenter((x + row[2]! * stride) / WIDTH, (row[3]! * stride) / HEIGHT, w, h);
          const keypoints = slowPoints(row.slice(6), CELLS[cell]!, placement);
          return { classId: 0, score: Math.sqrt(cls * obj), box, more: { keypoints } };
        });
        const outputs = outputsOf(values, { cls: [0, 1], obj: [1, 2], bbox: [2, 6], kps: [6, 16] }, 1);
        const found = await decode(spec, outputs, { labels: ['face'], placement });
        expectSame(found, slowFinish(plain, spec.output as YunetOutput, placement, ['face']));
      }),
    );
  });

  it('scrfd gives what the obvious implementation gives', async () => {
    const rows = table(6, floats(0, 1), floats(-1, 2), floats(-1, 2), floats(-1, 2), floats(-1, 2), ...points);
    await fc.assert(
      fc.asyncProperty(rows, detectionOptions, placements, async (values, options, placement) => {
        const heads = [8, 16].map((stride) => ({ stride, scores: `s_${stride}`, boxes: `b_${stride}`, points: `p_${stride}` })); // prettier-ignore
        const spec = specOf('pose', { decoder: 'scrfd', heads, ...options }, input);
        const plain = values.map((row, at): PlainBox => {
          const cell = CELLS[Math.floor(at / 2)]!;
          const [left, top, right, bottom] = row.slice(1, 5).map((side) => side * cell.stride) as [number, number, number, number]; // prettier-ignore
          const box = [(cell.x - left) / WIDTH, -top / HEIGHT, (cell.x + right) / WIDTH, bottom / HEIGHT] as const;
          return { classId: 0, score: row[0]!, box, more: { keypoints: slowPoints(row.slice(5), cell, placement) } };
        });
        const outputs = outputsOf(values, { s: [0, 1], b: [1, 5], p: [5, 15] }, 2);
        const found = await decode(spec, outputs, { labels: ['face'], placement });
        expectSame(found, slowFinish(plain, spec.output as ScrfdOutput, placement, ['face']));
      }),
    );
  });

  it('refuse heads of another size', async () => {
    const heads = [{ stride: 8, scores: 's', boxes: 'b', points: 'p' }];
    const outputs = { s: float32([1, 4, 1], [0, 0, 0, 0]), b: float32([1, 4, 4], Array(16).fill(0)), p: float32([1, 4, 8], Array(32).fill(0)) }; // prettier-ignore
    await expect(decode(specOf('pose', { decoder: 'scrfd', heads }, input), outputs)).rejects.toThrow(
      'output "p" has the shape [1, 4, 8]; needed is [1, 4, 10]',
    );
  });
});
