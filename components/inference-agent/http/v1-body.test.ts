import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import type { InvokeOutcome } from '../invoke/invoke-service.ts';
import { v1Body } from './v1-body.ts';

function outcome(over: { predictions?: readonly Prediction[]; outputs?: object; scores?: readonly number[] }) {
  const { predictions = [], outputs, scores } = over;
  const result = { service: 'line-3', predictions, ...(outputs ? { outputs } : {}) };
  const classScores = scores && Float32Array.from(scores);
  return { result, classScores } as unknown as InvokeOutcome;
}

const single = () => fc.float({ noNaN: true, noDefaultInfinity: true });
const fraction = () => fc.float({ min: 0, max: 1, noNaN: true });

describe('the body of Greengrass V1', () => {
  it('row 12: of a classifier is a flat list with one number per class, and nothing around it', () => {
    expect(v1Body(outcome({ scores: [0.3, 0.1, 0.04, 0.56] }))).toBe('[0.3,0.1,0.04,0.56]');
  });

  it('row 12: tells every number in single precision, cut at the commas as the old programs did', () => {
    fc.assert(
      fc.property(fc.array(single(), { minLength: 1, maxLength: 50 }), (scores) => {
        const text = v1Body(outcome({ scores }));
        const read = text.slice(1, -1).split(',').map(Number);
        // The text has no sign for zero.
        expect(read.map(Math.fround)).toEqual(scores.map((score) => Math.fround(score) + 0));
      }),
    );
  });

  it('row 13: of a detector has class, score and corners of each box, best first', () => {
    const predictions: Prediction[] = [
      { classId: 14, label: 'x', score: 0.9384, box: [0.3776, 0.5111, 0.6697, 0.8544] },
      { classId: 2, label: 'y', score: 0.0415, box: [0, 0.25, 0.5, 1] },
    ];
    expect(v1Body(outcome({ predictions }))).toBe(
      '{"prediction":[[14,0.9384,0.3776,0.5111,0.6697,0.8544],[2,0.0415,0,0.25,0.5,1]]}',
    );
    expect(v1Body(outcome({}))).toBe('{"prediction":[]}');
  });

  it('row 14: is a Python literal: numbers, commas and brackets, one key', () => {
    const box = fc.tuple(fraction(), fraction(), fraction(), fraction());
    const prediction = fc.record({ classId: fc.nat(9999), label: fc.string(), score: fraction(), box });
    fc.assert(
      fc.property(fc.array(prediction), (predictions) => {
        const text = v1Body(outcome({ predictions }));
        expect(text).toMatch(/^\{"prediction":\[[-+0-9.e,[\]]*\]\}$/);
        expect((JSON.parse(text) as { prediction: number[][] }).prediction.map((row) => row.map(Math.fround))).toEqual(
          predictions.map(({ classId, score, box: corners }) =>
            [classId, score, ...corners].map((x) => Math.fround(x) + 0),
          ),
        );
      }),
    );
  });

  it.each([NaN, Infinity, -Infinity])('row 14: refuses %s, which Python does not know as a literal', (value) => {
    expect(() => v1Body(outcome({ scores: [0.5, value] }))).toThrow(
      expect.objectContaining({ code: 'http.no-v1-form', message: expect.stringContaining(String(value)) as string }),
    );
  });

  it('refuses tensors, and a service that is for something else than the caller takes it for', () => {
    const topOnly = [{ classId: 1, label: 'y', score: 0.9 }];
    for (const without of [{ outputs: {} }, { predictions: topOnly }])
      expect(() => v1Body(outcome(without))).toThrow(expect.objectContaining({ code: 'http.no-v1-form' }));
    expect(() => v1Body(outcome({ scores: [1] }), 'object-detection')).toThrow(
      expect.objectContaining({ code: 'http.algo-type', status: 404 }),
    );
    expect(() => v1Body(outcome({}), 'image-classification')).toThrow(
      expect.objectContaining({ code: 'http.algo-type' }),
    );
    expect(v1Body(outcome({ scores: [1] }), 'image-classification')).toBe('[1]');
    expect(v1Body(outcome({ scores: [1] }), 'my-own')).toBe('[1]');
  });
});
