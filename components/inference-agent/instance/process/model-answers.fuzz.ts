import { ok } from 'node:assert';
import { isEdgeError } from '#packages/foundation';
import type { FuzzTarget } from '../../../../testing/fuzz/fuzz-target.ts';
import { readAnswer, readOpening, readPrepared } from './read-answers.ts';

const INFERENCE = {
  image: { width: 4, height: 3 },
  predictions: [{ classId: 1, label: 'bolt', score: 0.5, box: [0, 0, 1, 1] }],
  placement: { scaleX: 1, scaleY: 2, offsetX: 0, offsetY: -0.5, width: 64, height: 64 },
  timings: { decodeMs: 1, preprocessMs: 2, runMs: 3, postprocessMs: 4, totalMs: 10 },
};
const SEEDS = [
  { kind: 'answer', id: 7, inference: INFERENCE, scores: 8 },
  { kind: 'tensors-answer', id: 1, runMs: 2, outputs: { a: { type: 'float32', shape: [2], bytes: 8 } } },
  { kind: 'error', id: 1, error: { code: 'image.unreadable', message: 'm', todo: 't', status: 400 } },
  { kind: 'progress', step: { phase: 'load', message: 'm' } },
  { kind: 'refused', id: 3, error: { code: 'a.b', message: 'm' } },
];
const BLOB = Buffer.alloc(16, 1);

const target: FuzzTarget = {
  about: "messages of a model's process, which a hostile model may have taken over",
  dictionary: ['"kind":"', 'answer', 'opened', '"shape":[', '"mask":{"size":[', '__proto__', '1e400', '-1', 'null'],
  seeds: () => SEEDS.map((message) => Uint8Array.from(Buffer.from(JSON.stringify(message)))),
  run(bytes) {
    let message: unknown;
    try {
      message = JSON.parse(Buffer.from(bytes).toString());
    } catch {
      return;
    }
    for (const read of [readOpening, readPrepared, (head: unknown) => readAnswer(head, BLOB)]) {
      try {
        const answer: unknown = read(message);
        ok((Object(answer) as { polluted?: unknown }).polluted === undefined, 'a prototype was changed');
      } catch (thrown) {
        // Any error ends the process; a fault of ours would be one of these.
        ok(
          !(thrown instanceof TypeError || thrown instanceof RangeError) || isEdgeError(thrown),
          String((thrown as Error).stack),
        );
      }
    }
  },
};
export default target;
