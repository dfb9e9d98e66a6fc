import { ok } from 'node:assert';
import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../testing/fuzz/fuzz-target.ts';
import { readPrediction } from './read-prediction.ts';
import { parseRecord } from './sample-record.ts';

const RECORD = {
  schemaVersion: 1,
  id: '0d1f7c1e-0000-4000-8000-000000000000',
  object: 'a.jpg',
  contentType: 'image/jpeg',
  configId: 'Belt',
  thing: 'gate-7',
  keptAt: '2026-01-01T00:00:00.000Z',
  prediction: [{ classId: 1, label: 'bolt', score: 0.5, box: [0, 0, 1, 1] }],
  metadata: {},
};

const target: FuzzTarget = {
  about: 'records beside samples in a bucket, and predictions in all forms in which callers of the uploader give them',
  dictionary: ['"prediction":[[', '"classId":', '"box":[', '"score":', '1e999', 'null', '__proto__'],
  seeds: () =>
    [RECORD, [0.1, 0.9], { prediction: [[1, 0.5, 0, 0, 1, 1]] }, RECORD.prediction].map((value) =>
      Uint8Array.from(Buffer.from(JSON.stringify(value))),
    ),
  run(bytes) {
    const text = Buffer.from(bytes).toString();
    unlessRefused(() => parseRecord(text, 'a.json'));
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    const read = unlessRefused(() => readPrediction(value));
    for (const { score, classId } of read?.outcomes ?? []) {
      ok(score >= 0 && Number.isFinite(score), `a score is ${score}`);
      ok(typeof classId === 'number', `a class is ${String(classId)}`);
    }
  },
};
export default target;
