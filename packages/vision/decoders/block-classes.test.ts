import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockClasses } from './block-classes.ts';
import type { PixelScores } from './block-classes.ts';
import { classKernels, plainClassKernels } from './class-kernels.ts';

/** Pixel by pixel, in double precision. */
function slow({ values, classes, pixels, layout, hasSoftmax }: PixelScores) {
  return Array.from({ length: pixels }, (_, pixel) => {
    const all = Array.from(
      { length: classes },
      (_, id) => values[layout === 'NCHW' ? id * pixels + pixel : pixel * classes + id] as number,
    );
    const highest = Math.max(...all);
    const sum = all.reduce((before, value) => before + Math.exp(value - highest), 0);
    return { id: all.indexOf(highest), score: hasSoftmax ? 1 / sum : highest };
  });
}

const cases = fc
  .record({
    classes: fc.integer({ min: 2, max: 40 }),
    pixels: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 500, max: 1_100 })),
    layout: fc.constantFrom('NCHW' as const, 'NHWC' as const),
    hasSoftmax: fc.boolean(),
    unscored: fc.constantFrom(undefined, 0, 1),
    /** Of the scores: near each other, usual, and far from each other. */
    scale: fc.constantFrom(0.01, 4, 200),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
  })
  .map(({ scale, seed, ...one }): PixelScores => {
    let state = seed;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const values = Float32Array.from({ length: one.classes * one.pixels }, () => scale * (random() + random() - 1));
    return { ...one, values };
  });

describe('classes of blocks of pixels', () => {
  it('are those of the obvious implementation, and scores are within 1e-5 of its own', () => {
    // One of each for all models: what a block leaves behind must not reach the next.
    for (const blocks of [new BlockClasses(classKernels()), new BlockClasses(plainClassKernels())]) {
      fc.assert(
        fc.property(cases, (one) => {
          const ids = new Int32Array(one.pixels + 3).fill(-7);
          const highest = new Float32Array(one.pixels + 3).fill(-7);
          blocks.classify(one, ids, highest);
          const expected = slow(one);
          expect([...ids]).toEqual([...expected.map(({ id }) => id), -7, -7, -7]);
          const scored = [...ids.keys()].filter((at) => at < one.pixels && ids[at] !== one.unscored);
          const errors = scored.map((at) => Math.abs((highest[at] as number) - expected[at]!.score));
          expect(Math.max(0, ...errors)).toBeLessThan(1e-5);
          if (one.hasSoftmax) expect(Math.max(0, ...scored.map((at) => highest[at] as number))).toBeLessThanOrEqual(1);
          expect([...highest.subarray(one.pixels)]).toEqual([-7, -7, -7]);
        }),
        { numRuns: 60 },
      );
    }
  });

  it('are found for many classes too', () => {
    const one = { classes: 1_000, pixels: 5, layout: 'NHWC', hasSoftmax: true } as const;
    const values = Float32Array.from({ length: 5_000 }, (_, at) => ((at * 7_919) % 1_009) / 400);
    const [ids, highest] = [new Int32Array(5), new Float32Array(5)];
    new BlockClasses().classify({ ...one, values }, ids, highest);
    slow({ ...one, values }).forEach(({ id, score }, at) => {
      expect(ids[at]).toBe(id);
      expect(Math.abs((highest[at] as number) - score)).toBeLessThan(1e-5);
    });
  });
});
