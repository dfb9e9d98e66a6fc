import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EfficientDetOutput } from '#packages/model-package';
import {
  decode,
  detectionOptions,
  expectSame,
  float32,
  floats,
  placements,
  specOf,
} from '../../../testing/vision/decoder-rig.ts';
import { fromCenter, sigmoid, slowFinish } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';
import reference from '../../../testing/vision/reference/efficientdet-reference.gen.json' with { type: 'json' };

const LABELS = ['bolt', 'nut'];
/** 20 × 12 pixels: 3 × 2 cells of 8 pixels, which it does not fill, and 2 × 1 of 16. */
const [WIDTH, HEIGHT] = [20, 12];
const LEVELS = [
  { stride: 8, columns: 3, rows: 2 },
  { stride: 16, columns: 2, rows: 1 },
] as const;
const RATIOS = [
  [1, 1],
  [1.4, 0.7],
];
const OCTAVES = 2;
const ANCHORS = RATIOS.length * OCTAVES;
const heads = LEVELS.map(({ stride }) => ({ stride, scores: `class_${stride}`, boxes: `box_${stride}` }));
const numbersOf = (perAnchor: number, number: fc.Arbitrary<number>) =>
  fc.tuple(
    ...LEVELS.map(({ columns, rows }) => {
      const length = columns * rows * ANCHORS * perAnchor;
      return fc.array(number, { minLength: length, maxLength: length });
    }),
  );

/** Each class of each anchor as a box of its own, in the order in which the numbers lie. */
function slowBoxes(scores: readonly number[][], boxes: readonly number[][], layout: string, isRaw: boolean) {
  return LEVELS.flatMap(({ stride, columns, rows }, level) => {
    const cells = columns * rows;
    const all: (PlainBox & { readonly at: number })[] = [];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let octave = 0; octave < OCTAVES; octave++)
          RATIOS.forEach(([wide, high], ratio) => {
            const cell = row * columns + column;
            const anchor = octave * RATIOS.length + ratio;
            const place = (channel: number, channels: number) =>
              layout === 'NCHW' ? channel * cells + cell : cell * channels + channel;
            const [ty, tx, th, tw] = [0, 1, 2, 3].map((side) => boxes[level]![place(4 * anchor + side, 4 * ANCHORS)]!);
            const side = 4 * stride * 2 ** (octave / OCTAVES);
            const [width, height] = [side * wide!, side * high!];
            const x = (column + 0.5) * stride + tx! * width;
            const y = (row + 0.5) * stride + ty! * height;
            const box = fromCenter(x / WIDTH, y / HEIGHT, (width * Math.exp(tw!)) / WIDTH, (height * Math.exp(th!)) / HEIGHT); // prettier-ignore
            for (let classId = 0; classId < 2; classId++) {
              const at = place(2 * anchor + classId, 2 * ANCHORS);
              const value = scores[level]![at]!;
              all.push({ at, classId, box, score: isRaw ? sigmoid(value) : value });
            }
          });
    return all.sort((one, other) => one.at - other.at);
  });
}

describe('the efficientdet decoder', () => {
  it.each(['NCHW', 'NHWC'] as const)('gives what the obvious implementation gives, %s', async (layout) => {
    await fc.assert(
      fc.asyncProperty(
        numbersOf(2, floats(-4, 4)),
        numbersOf(4, floats(-1, 1)),
        detectionOptions,
        placements,
        fc.boolean(),
        async (scores, boxes, options, placement, isRaw) => {
          const activation = isRaw ? 'sigmoid' : 'none';
          const output = { decoder: 'efficientdet', heads, layout, octaves: OCTAVES, ratios: RATIOS, activation, ...options }; // prettier-ignore
          const spec = specOf('object-detection', output, { width: WIDTH, height: HEIGHT });
          const shaped = (values: readonly number[], channels: number, level: number) => {
            const { columns, rows } = LEVELS[level]!;
            return float32(layout === 'NCHW' ? [1, channels, rows, columns] : [1, rows, columns, channels], values);
          };
          const outputs = Object.fromEntries(
            heads.flatMap((head, level) => [
              [head.scores, shaped(scores[level]!, 2 * ANCHORS, level)] as const,
              [head.boxes, shaped(boxes[level]!, 4 * ANCHORS, level)] as const,
            ]),
          );
          const expected = slowBoxes(scores, boxes, layout, isRaw);
          // Two ways to a sigmoid may differ by a digit, which must not decide.
          fc.pre(expected.every(({ score }) => Math.abs(score - options.scoreThreshold) > 1e-9));
          const found = await decode(spec, outputs, { labels: LABELS, placement });
          expectSame(found, slowFinish(expected, spec.output as EfficientDetOutput, placement, LABELS));
        },
      ),
    );
  });

  it('gives what effdet gives', async () => {
    const { size, levels, scoreThreshold, expected } = reference;
    const output = {
      decoder: 'efficientdet',
      heads: levels.map(({ stride }) => ({ stride, scores: `class_${stride}`, boxes: `box_${stride}` })),
      scoreThreshold,
    };
    const spec = specOf('object-detection', output, { width: size[1], height: size[0] });
    const outputs = Object.fromEntries(
      levels.flatMap(({ stride, scores, boxes }) => [
        [`class_${stride}`, float32(scores.shape, scores.values)] as const,
        [`box_${stride}`, float32(boxes.shape, boxes.values)] as const,
      ]),
    );
    const found = await decode(spec, outputs);
    expect(expected.length).toBeGreaterThan(10);
    expect(found.map(({ classId }) => classId)).toEqual(expected.map(({ classId }) => classId));
    found.forEach(({ score, box }, at) => {
      expect(score).toBeCloseTo(expected[at]!.score, 5);
      box!.forEach((side, axis) => expect(side).toBeCloseTo(expected[at]!.box[axis]!, 4));
    });
  });

  it.each([
    ['another number of cells', [1, 8, 3, 3]],
    ['no whole number of classes', [1, 9, 2, 3]],
    ['another rank', [1, 48]],
  ])('refuses scores with %s', async (_, shape) => {
    const spec = specOf(
      'object-detection',
      { decoder: 'efficientdet', heads: [heads[0]], octaves: OCTAVES, ratios: RATIOS },
      { width: WIDTH, height: HEIGHT },
    );
    const zeros = (sides: readonly number[]) =>
      float32(sides, Array(sides.reduce((all, side) => all * side, 1)).fill(0));
    const outputs = { class_8: zeros(shape), box_8: zeros([1, 16, 2, 3]) };
    await expect(decode(spec, outputs)).rejects.toMatchObject({ code: 'model.output-unexpected' });
  });
});
