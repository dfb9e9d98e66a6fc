import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Yolov3Output, Yolov5Output, Yolov8Output, YoloxOutput } from '#packages/model-package';
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
import { argmax, fromCenter, sigmoid, slowFinish, transpose } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';

const LABELS = ['car', 'bus', 'van'];
const WIDTH = 64;
const HEIGHT = 32;
const score = floats(0, 1);
const logit = floats(-4, 4);

describe('the yolov3 decoder', () => {
  const ANCHORS = [
    [10, 8],
    [20, 24],
  ] as const;
  const [columns, rows] = [2, 1];
  const yolov3 = (options: object, scaleXY: number) =>
    specOf('object-detection', {
      decoder: 'yolov3',
      heads: [{ output: 'head', stride: 32, anchors: ANCHORS, scaleXY }],
      ...options,
    });

  /** Attributes by anchor and cell: [anchor][cell][5 + classes]. */
  const cells = (classes: number) =>
    table(ANCHORS.length * columns * rows, ...new Array<fc.Arbitrary<number>>(5 + classes).fill(logit));

  const layouts = {
    'NCHW of Darknet': (values: number[][]) =>
      float32(
        [1, 2 * values[0]!.length, rows, columns],
        [0, 1].flatMap((anchor) => transpose(values.slice(anchor * 2, anchor * 2 + 2))),
      ),
    'NHWC of TensorFlow': (values: number[][]) =>
      float32(
        [1, rows, columns, 2 * values[0]!.length],
        [0, 1].flatMap((cell) => [...values[cell]!, ...values[2 + cell]!]),
      ),
    'anchors first': (values: number[][]) => float32([1, 2, rows, columns, values[0]!.length], values.flat()),
    'anchors last': (values: number[][]) =>
      float32(
        [1, rows, columns, 2, values[0]!.length],
        [0, 1].flatMap((cell) => [...values[cell]!, ...values[2 + cell]!]),
      ),
  };

  function slow(values: readonly number[][], scale: number): PlainBox[] {
    return values.map((row, index): PlainBox => {
      const [tx, ty, tw, th, objectness, ...classes] = row.map(Math.fround) as [
        number,
        number,
        number,
        number,
        number,
        ...number[],
      ];
      const [anchorWidth, anchorHeight] = ANCHORS[Math.floor(index / 2)] as readonly [number, number];
      const best = argmax(classes);
      return {
        classId: Math.max(0, best),
        score: sigmoid(objectness) * (classes.length === 0 ? 1 : sigmoid(classes[best] as number)),
        box: fromCenter(
          (sigmoid(tx) * scale - (scale - 1) / 2 + (index % 2)) / columns,
          (sigmoid(ty) * scale - (scale - 1) / 2) / rows,
          (anchorWidth * Math.exp(tw)) / WIDTH,
          (anchorHeight * Math.exp(th)) / HEIGHT,
        ),
      };
    });
  }

  describe.each(Object.entries(layouts))('%s', (_name, layout) => {
    it.each([0, 1, 3])('gives what the obvious implementation gives for %i classes', async (classes) => {
      await fc.assert(
        fc.asyncProperty(
          cells(classes),
          fc.constantFrom(1, 1.05, 2),
          detectionOptions,
          placements,
          async (values, scale, options, placement) => {
            const spec = yolov3(options, scale);
            const found = await decode(spec, { head: layout(values) }, { placement, labels: LABELS });
            expectSame(found, slowFinish(slow(values, scale), spec.output as Yolov3Output, placement, LABELS));
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  it('reads heads that have been through their sigmoid', async () => {
    const spec = specOf('object-detection', {
      decoder: 'yolov3',
      activation: 'none',
      heads: [{ output: 'head', stride: 32, anchors: [[32, 16]] }],
    });
    const [found] = await decode(spec, { head: float32([1, 6, 1, 2], [0.5, 0, 0.5, 0, 0, 0, 0, 0, 0.9, 0, 0.8, 0]) });
    expect(found?.score).toBeCloseTo(0.72, 6);
    expect(found?.box).toEqual([0, 0.25, 0.5, 0.75]);
  });

  it('says which shape it needs', async () => {
    await expect(
      decode(yolov3({}, 1), { head: float32([1, 13, 1, 2], new Array<number>(26).fill(0)) }),
    ).rejects.toMatchObject({
      code: 'model.output-unexpected',
      message:
        'output "head" has the shape [1, 13, 1, 2]; needed is [1, 2·(5 + classes), 1, 2] for stride 32 and 2 anchors',
    });
  });
});

describe('the yolov5 decoder', () => {
  const rows = table(20, floats(-10, 74), floats(-10, 42), floats(0, 40), floats(0, 30), score, score, score, score);

  it.each(['pixels', 'normalized'] as const)(
    'gives what the obvious implementation gives, in %s',
    async (coordinates) => {
      await fc.assert(
        fc.asyncProperty(rows, detectionOptions, placements, async (values, options, placement) => {
          const [unitX, unitY] = coordinates === 'pixels' ? [1, 1] : [WIDTH, HEIGHT];
          const table = values.map((row) =>
            row.map((value, at) => (at < 4 ? Math.fround(value / (at % 2 === 0 ? unitX : unitY)) : value)),
          );
          const spec = specOf('object-detection', { decoder: 'yolov5', coordinates, ...options });
          const plain = table.map((row): PlainBox => {
            const [x, y, w, h] = row.map(
              (value, at) => Math.fround(value) * (at % 2 === 0 ? unitX / WIDTH : unitY / HEIGHT),
            ) as [number, number, number, number];
            const classId = argmax(row.slice(5));
            return { classId, score: (row[4] as number) * (row[5 + classId] as number), box: fromCenter(x, y, w, h) };
          });
          const found = await decode(
            spec,
            { output0: float32([1, 20, 8], table.flat()) },
            { labels: LABELS, placement },
          );
          expectSame(found, slowFinish(plain, spec.output as Yolov5Output, placement, LABELS));
        }),
      );
    },
  );

  it('refuses a table whose width is not 5 and the labels', async () => {
    const spec = specOf('object-detection', { decoder: 'yolov5' });
    await expect(
      decode(spec, { output0: float32([1, 20, 9], new Array<number>(180).fill(0)) }, { labels: LABELS }),
    ).rejects.toMatchObject({
      message: 'output "output0" has the shape [1, 20, 9]; needed is [1, N, 8]',
    });
  });
});

describe('the yolov8 decoder', () => {
  const rows = table(20, floats(-10, 74), floats(-10, 42), floats(0, 40), floats(0, 30), score, score, score);

  it.each([true, false])('gives what the obvious implementation gives, transposed: %j', async (transposed) => {
    await fc.assert(
      fc.asyncProperty(rows, detectionOptions, placements, async (values, options, placement) => {
        const spec = specOf('object-detection', { decoder: 'yolov8', ...options });
        const plain = values.map((row): PlainBox => {
          const [x, y, w, h] = row.map(Math.fround) as [number, number, number, number];
          const classId = argmax(row.slice(4));
          return {
            classId,
            score: row[4 + classId] as number,
            box: fromCenter(x / WIDTH, y / HEIGHT, w / WIDTH, h / HEIGHT),
          };
        });
        const output0 = transposed ? float32([1, 7, 20], transpose(values)) : float32([1, 20, 7], values.flat());
        const found = await decode(spec, { output0 }, { labels: LABELS, placement });
        expectSame(found, slowFinish(plain, spec.output as Yolov8Output, placement, LABELS));
      }),
    );
  });

  it('tells rows from attributes without labels: there are more rows', async () => {
    const spec = specOf('object-detection', { decoder: 'yolov8' });
    const values = Array.from({ length: 9 }, (_, row) => [32, 16, 8, 8, row === 4 ? 0.9 : 0]);
    const found = await decode(spec, { output0: float32([1, 5, 9], transpose(values)) });
    expect(found).toEqual([
      { classId: 0, label: '0', score: Math.fround(0.9), box: [28 / 64, 12 / 32, 36 / 64, 20 / 32] },
    ]);
  });
});

describe('the yolox decoder', () => {
  // Strides 8, 16 and 32 on 64×32: 32 + 8 + 2 cells.
  const rows = table(42, logit, logit, floats(-1, 2), floats(-1, 2), score, score, score, score);

  it('gives what the obvious implementation gives', async () => {
    await fc.assert(
      fc.asyncProperty(rows, detectionOptions, placements, async (values, options, placement) => {
        const spec = specOf('object-detection', { decoder: 'yolox', output: 'output', ...options });
        const grid = [8, 16, 32].flatMap((stride) =>
          Array.from({ length: HEIGHT / stride }, (_, y) =>
            Array.from({ length: WIDTH / stride }, (_, x) => ({ x, y, stride })),
          ).flat(),
        );
        const plain = values.map((row, index): PlainBox => {
          const [tx, ty, tw, th] = row.map(Math.fround) as [number, number, number, number];
          const { x, y, stride } = grid[index] as (typeof grid)[number];
          const classId = argmax(row.slice(5));
          return {
            classId,
            score: (row[4] as number) * (row[5 + classId] as number),
            box: fromCenter(
              ((tx + x) * stride) / WIDTH,
              ((ty + y) * stride) / HEIGHT,
              (Math.exp(tw) * stride) / WIDTH,
              (Math.exp(th) * stride) / HEIGHT,
            ),
          };
        });
        const found = await decode(spec, { output: float32([1, 42, 8], values.flat()) }, { labels: LABELS, placement });
        expectSame(found, slowFinish(plain, spec.output as YoloxOutput, placement, LABELS));
      }),
    );
  });

  it('refuses a table that is not as long as its grids', async () => {
    const spec = specOf('object-detection', { decoder: 'yolox', strides: [8] });
    await expect(decode(spec, { output: float32([1, 42, 8], new Array<number>(336).fill(0)) })).rejects.toMatchObject({
      message: 'output "output" has the shape [1, 42, 8]; needed is [1, 32, 5 + classes] for the strides 8',
    });
  });
});
