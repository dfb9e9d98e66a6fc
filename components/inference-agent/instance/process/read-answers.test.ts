import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer, readOpening, readPrepared } from './read-answers.ts';
import { tensorBlobs } from './tensor-blobs.ts';

/** A process that a hostile model has taken over may say anything. */
const anything = fc.anything({ maxDepth: 4, withBigInt: false, withNullPrototype: true });
const nothing = Buffer.alloc(0);

const inference = {
  image: { width: 4, height: 3 },
  predictions: [{ classId: 1, label: 'bolt', score: 0.5, box: [0, 0, 1, 1] }],
  placement: { scaleX: 1, scaleY: 2, offsetX: 0, offsetY: -0.5, width: 64, height: 64 },
  timings: { decodeMs: 1, preprocessMs: 2, runMs: 3, postprocessMs: 4, totalMs: 10 },
};

describe('answers of a process', () => {
  it('are taken over as they are', () => {
    expect(readAnswer({ kind: 'answer', id: 7, inference }, nothing)).toEqual({ kind: 'answer', id: 7, inference });
  });

  it('lose what nobody knows', () => {
    const odd = {
      ...inference,
      __proto__: null,
      constructor: 'x',
      predictions: [{ classId: 0, label: 'a', score: 1, extra: 2 }],
    };
    expect(readAnswer({ kind: 'answer', id: 7, inference: odd }, nothing)).toMatchObject({
      inference: { predictions: [{ classId: 0, label: 'a', score: 1 }] },
    });
  });

  it('bring scores and tensors of every type over', () => {
    const outputs = {
      floats: { type: 'float32', shape: [2], data: Float32Array.of(1.5, -2) },
      counts: { type: 'int64', shape: [1, 2], data: BigInt64Array.of(5n, -6n) },
      flags: { type: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
    } as const;
    const scores = Float32Array.of(0.25, 0.75);
    const { heads, blobs } = tensorBlobs(outputs);
    const blob = Buffer.concat([new Uint8Array(scores.buffer), ...blobs]);
    expect(readAnswer({ kind: 'answer', id: 1, inference, scores: 8, outputs: heads }, blob)).toMatchObject({
      inference: { classScores: scores, outputs },
    });
  });

  it.each([
    ['an id that is none', { kind: 'answer', id: -1, inference }],
    ['predictions that are not a list', { kind: 'answer', id: 1, inference: { ...inference, predictions: {} } }],
    [
      'a box of three',
      {
        kind: 'answer',
        id: 1,
        inference: { ...inference, predictions: [{ classId: 0, label: '', score: 0, box: [0, 0, 1] }] },
      },
    ],
    ['scores that are not there', { kind: 'answer', id: 1, inference, scores: 400 }],
    [
      'a tensor larger than its message',
      { kind: 'tensors-answer', id: 1, runMs: 1, outputs: [{ name: 'x', type: 'float32', shape: [1e9], bytes: 4e9 }] },
    ],
    [
      'a tensor of a type that is none',
      { kind: 'tensors-answer', id: 1, runMs: 1, outputs: [{ name: 'x', type: 'constructor', shape: [], bytes: 0 }] },
    ],
    [
      'a tensor of another size than its shape',
      { kind: 'tensors-answer', id: 1, runMs: 1, outputs: [{ name: 'x', type: 'uint8', shape: [2], bytes: 0 }] },
    ],
  ])('with %s are refused', (_what, head) => {
    expect(() => readAnswer(head, nothing)).toThrow(Error);
  });

  it('never do more than throw an error, whatever they are', () => {
    const kinds = fc.constantFrom(
      'answer',
      'tensors-answer',
      'error',
      'progress',
      'opened',
      'failed',
      'refused',
      'handed',
    );
    const heads = fc.oneof(
      anything,
      fc.record({
        kind: kinds,
        id: anything,
        inference: anything,
        outputs: anything,
        error: anything,
        facts: anything,
        scores: anything,
      }),
    );
    fc.assert(
      fc.property(heads, fc.uint8Array({ maxLength: 64 }), (head, bytes) => {
        for (const read of [
          () => readAnswer(head, Buffer.from(bytes)),
          () => readOpening(head),
          () => readPrepared(head),
        ]) {
          try {
            read();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(Error);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
