import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddingText } from '#packages/model-package';
import { baselineSchema, MAX_BASELINE_BYTES, parseBaseline } from '../baseline.ts';
import { CLASS_BINS, LAYOUT, SCALES } from './features.ts';
import type { Observation } from './observation.ts';
import { Sketch } from './sketch.ts';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const embedding = fc
  .float32Array({ minLength: 4, maxLength: 4, noNaN: true, noDefaultInfinity: true })
  .map((vector) => embeddingText(vector));
const observation: fc.Arbitrary<Observation> = fc.record({
  predictions: fc.array(
    fc.record({
      classId: fc.nat(200),
      score: fraction,
      box: fc.tuple(fraction, fraction, fraction, fraction),
      embedding,
    }),
    { maxLength: 6 },
  ),
  picture: fc.option(
    fc.record({
      brightness: fc.double({ min: 0, max: 255 }),
      contrast: fc.double({ min: 0, max: 4 }),
      sharpness: fc.double({ min: 0, max: 20 }),
      layout: fc.uint8Array({ minLength: 48, maxLength: 48 }),
    }),
    { nil: undefined },
  ),
});

function sketchOf(observations: readonly Observation[]): Sketch {
  const sketch = new Sketch();
  for (const one of observations) sketch.add(one);
  return sketch;
}

const textOf = (sketch: Sketch): string => JSON.stringify(sketch);

describe('Sketch', () => {
  it('of a whole is the merge of the sketches of its parts, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(observation, { maxLength: 8 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (parts, turn) => {
          const merged = new Sketch();
          const turned = [...parts.slice(turn % parts.length), ...parts.slice(0, turn % parts.length)];
          for (const part of turned.toReversed()) merged.merge(sketchOf(part));
          expect(textOf(merged)).toBe(textOf(sketchOf(parts.flat())));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('comes back from its JSON as it was', () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 12 }), (observations) => {
        const sketch = sketchOf(observations);
        const back = Sketch.from(JSON.parse(textOf(sketch)));
        expect(textOf(back)).toBe(textOf(sketch));
        expect(back.feature('objects').moments()).toEqual(sketch.feature('objects').moments());
      }),
      { numRuns: 60 },
    );
  });

  it('counts each picture, and of answers without boxes the best', () => {
    const sketch = sketchOf([
      { predictions: [0, 1, 2].map((classId) => ({ classId, score: 0.9 - classId / 10 })) },
      { predictions: [0, 0, 70].map((classId) => ({ classId, score: 0.5, box: [0, 0, 0.5, 0.5] as const })) },
      { predictions: [] },
    ]);
    expect(sketch.images).toBe(3);
    expect(sketch.classes()[0]).toBe(3);
    expect(sketch.classes()[70 % CLASS_BINS]).toBe(1);
    expect(sketch.feature('objects').toJSON()).toEqual([0, 1, 1, 1, 3, 1]);
    expect(sketch.feature('size').toJSON()).toEqual([SCALES.size.binOf(0.25), 3]);
  });

  it('takes no notice of what is not a number, and of classes that are none', () => {
    const picture = { brightness: NaN, contrast: NaN, sharpness: NaN, layout: new Uint8Array(48) };
    const sketch = sketchOf([
      {
        predictions: [
          { classId: -1, score: 1 },
          { classId: NaN, score: 1 },
        ],
        picture,
      },
    ]);
    expect(sketch.feature('brightness').total).toBe(0);
    expect(sketch.scores().total).toBe(0);
    expect(sketch.layout.count).toBe(0);
  });

  it('fits a baseline of its bound when every bin of every class is counted', () => {
    const sketch = new Sketch();
    for (let at = 0; at < 4_000; at++) {
      const predictions = Array.from({ length: CLASS_BINS }, (_, classId) => ({
        classId,
        score: ((at * 7 + classId) % 20) / 20,
        box: [0, 0, 1, 2 ** -(at % 17)] as const,
      }));
      const picture = {
        brightness: at % 256,
        contrast: 2 ** ((at % 60) / 6 - 8),
        sharpness: 2 ** ((at % 60) / 6 - 6),
        layout: Uint8Array.from({ length: LAYOUT.columns * LAYOUT.rows }, (_, part) => (part * 37 + at) % 256),
      };
      sketch.add({ predictions, picture });
    }
    const text = JSON.stringify({ schemaVersion: 1, sketch });
    expect(text.length).toBeLessThan(MAX_BASELINE_BYTES);
    expect(parseBaseline(Buffer.from(text), 'it').sketch.images).toBe(4_000);
  });

  it.each([
    ['a bin beyond its scale', { brightness: [64, 1] }],
    ['a bin without a count', { size: [3] }],
    ['a class beyond 63', { scores: { 64: [0, 1] } }],
    ['a count below 0', { images: -1 }],
    ['a layout of another size', { layout: { count: 1, sum: [1, 2] } }],
    ['half a number of a mean vector', { embedding: { count: 1, exponent: -24, sum: 'AAAA' } }],
    ['a mean vector without numbers', { embedding: { count: 1, exponent: -24, sum: '' } }],
    ['a mean vector in other steps', { embedding: { count: 1, exponent: 900, sum: 'AAA=' } }],
    ['an unknown feature', { smell: [] }],
  ])('is refused with %s', (_what, change) => {
    const json = { schemaVersion: 1, sketch: { ...new Sketch().toJSON(), ...change } };
    expect(baselineSchema.safeParse(json).success).toBe(false);
    expect(() => parseBaseline(Buffer.from(JSON.stringify(json)), 'baseline.json')).toThrow(
      expect.objectContaining({
        code: 'drift.baseline-invalid',
        message: expect.stringMatching(/^baseline.json is not a valid baseline: \/sketch/) as string,
      }),
    );
  });
});
