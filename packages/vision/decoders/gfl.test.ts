import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GflHeadsOutput, GflTableOutput } from '#packages/model-package';
import { decode, detectionOptions, expectSame, float32, floats, placements, specOf, table } from '../../../testing/vision/decoder-rig.ts'; // prettier-ignore
import { sigmoid, slowFinish } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';

const LABELS = ['bolt', 'nut'];
/** 20 × 12 pixels: 3 × 2 cells of 8 pixels, which it does not fill, and 2 × 1 of 16. */
const [WIDTH, HEIGHT] = [20, 12];
const CELLS = [
  ...[0, 1, 2, 3, 4, 5].map((cell) => ({ stride: 8, column: cell % 3, row: Math.floor(cell / 3) })),
  ...[0, 1].map((column) => ({ stride: 16, column, row: 0 })),
];
const BINS = 4;
const logit = floats(-3, 3);
const scores = table(CELLS.length, floats(0, 1), floats(0, 1));
const boxes = table(CELLS.length, ...Array.from({ length: 4 * BINS }, () => logit));

/** Every class of every cell as a box of its own. */
function slowBoxes(given: readonly number[][], distributions: readonly number[][], offset: number, isRaw: boolean) {
  return CELLS.flatMap(({ stride, column, row }, cell) => {
    const sides = [0, 1, 2, 3].map((side) => {
      const weights = distributions[cell]!.slice(side * BINS, (side + 1) * BINS).map(Math.exp);
      const sum = weights.reduce((all, one) => all + one, 0);
      return weights.reduce((mean, weight, bin) => mean + (bin * weight) / sum, 0) * stride;
    }) as [number, number, number, number];
    const [x, y] = [(column + offset) * stride, (row + offset) * stride];
    const box = [(x - sides[0]) / WIDTH, (y - sides[1]) / HEIGHT, (x + sides[2]) / WIDTH, (y + sides[3]) / HEIGHT] as const; // prettier-ignore
    return given[cell]!.map((value, classId): PlainBox => ({ classId, box, score: isRaw ? sigmoid(value) : value }));
  });
}

describe('the gfl decoder', () => {
  it('gives what the obvious implementation gives, from heads', async () => {
    await fc.assert(
      fc.asyncProperty(
        scores,
        boxes,
        detectionOptions,
        placements,
        async (given, distributions, options, placement) => {
          const heads = [8, 16].map((stride) => ({ stride, scores: `cls_${stride}`, boxes: `dis_${stride}` }));
          const spec = specOf(
            'object-detection',
            { decoder: 'gfl', heads, ...options },
            { width: WIDTH, height: HEIGHT },
          );
          const outputs = Object.fromEntries([8, 16].flatMap((stride) => {
          const at = CELLS.flatMap((cell, index) => (cell.stride === stride ? [index] : []));
          const flat = (rows: readonly number[][]) => at.flatMap((index) => rows[index]!);
          return [
            [`cls_${stride}`, float32([1, at.length, 2], flat(given))],
            [`dis_${stride}`, float32([1, at.length, 4 * BINS], flat(distributions))],
          ] as const;
        })); // prettier-ignore
          const found = await decode(spec, outputs, { labels: LABELS, placement });
          expectSame(found, slowFinish(slowBoxes(given, distributions, 0.5, false), spec.output as GflHeadsOutput, placement, LABELS)); // prettier-ignore
        },
      ),
    );
  });

  it('gives what the obvious implementation gives, from one table of raw scores', async () => {
    await fc.assert(
      fc.asyncProperty(table(CELLS.length, logit, logit), boxes, detectionOptions, placements, async (given, distributions, options, placement) => {
        const output = { decoder: 'gfl', strides: [8, 16], bins: BINS, activation: 'sigmoid', ...options };
        const spec = specOf('object-detection', output, { width: WIDTH, height: HEIGHT });
        const rows = given.flatMap((one, cell) => [...one, ...distributions[cell]!]);
        const outputs = { output: float32([1, CELLS.length, 2 + 4 * BINS], rows) };
        const expected = slowBoxes(given, distributions, 0, true);
        // Two ways to a sigmoid may differ by a digit, which must not decide.
        fc.pre(expected.every(({ score }) => Math.abs(score - options.scoreThreshold) > 1e-9));
        const found = await decode(spec, outputs, { labels: LABELS, placement });
        expectSame(found, slowFinish(expected, spec.output as GflTableOutput, placement, LABELS));
      }),
    ); // prettier-ignore
  });

  it('refuses a table that does not have as many classes as there are labels, and another number of cells', async () => {
    const spec = specOf(
      'object-detection',
      { decoder: 'gfl', strides: [8, 16], bins: BINS },
      { width: WIDTH, height: HEIGHT },
    );
    const wide = { output: float32([1, 8, 3 + 4 * BINS], Array(8 * 19).fill(0)) };
    await expect(decode(spec, wide, { labels: LABELS })).rejects.toThrow('[1, cells, 2 + 4 · 4]');
    const short = { output: float32([1, 7, 2 + 4 * BINS], Array(7 * 18).fill(0)) };
    await expect(decode(spec, short, { labels: LABELS })).rejects.toThrow('[1, 8, 18]');
  });
});
