import { describe, expect, it } from 'vitest';
import type { Tensor } from '#packages/vision';
import { writeInferAnswer } from '../open-inference/http/write-infer-answer.ts';
import { MAX_BASE64_BYTES, MAX_JSON_ELEMENTS } from './json-limits.ts';
import { outputsForJson } from './json-outputs.ts';

/** Memory that nobody touches is not taken. */
const zeros = (length: number): Tensor => ({ type: 'float32', shape: [length], data: new Float32Array(length) });

const tooLarge = (bytes: number, allowed: number): object => ({
  code: 'http.answer-too-large',
  status: 507,
  facts: { bytes, allowed },
});

const caught = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('an answer in JSON', () => {
  it('does not hold more bytes of tensors than a text of base64 can, and says so', () => {
    const [half, more] = [zeros(MAX_BASE64_BYTES / 8), zeros(MAX_BASE64_BYTES / 8 + 1)];
    expect(caught(() => outputsForJson({ a: half, b: more }))).toMatchObject(
      tooLarge(MAX_BASE64_BYTES + 4, MAX_BASE64_BYTES),
    );
  });

  it('does not hold more numbers than a text can, and counts binary outputs out', () => {
    const outputs = { a: zeros(MAX_JSON_ELEMENTS + 1), b: zeros(2) };
    const answer = { model: 'M', version: '1', id: '', outputs };
    expect(caught(() => writeInferAnswer(answer, (name) => name === 'b'))).toMatchObject(
      tooLarge(MAX_JSON_ELEMENTS + 1, MAX_JSON_ELEMENTS),
    );
    expect(writeInferAnswer(answer, (name) => name === 'a').headerBytes).toBeLessThan(1_000);
  });
});
