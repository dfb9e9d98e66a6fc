import { ok } from 'node:assert';
import { checkedLine } from '#packages/foundation';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { readJournal } from './read-journal.ts';

const LINES = [
  checkedLine({ t: 'S', s: 0, at: 1, n: [0, 0, 0], x: {}, u: {} }),
  checkedLine({ t: 'E', s: 0, at: 1, n: [0, 0, 0], x: {}, u: {} }),
  checkedLine({ t: 'u', id: 'one', s: 1, n: [1, 1, 0] }),
].join('');

const target: FuzzTarget = {
  about: "the uploader's journal, as a crash or a worn disk leaves it",
  dictionary: ['\n', '}', '\0\0\0\0', '{"t":"'],
  seeds: () => [LINES, `${LINES}\0\0\0`, LINES.slice(0, -20)].map((text) => Uint8Array.from(Buffer.from(text))),
  run(bytes) {
    const { records, end, unfinished } = readJournal(Buffer.from(bytes));
    ok(end >= 0 && end + unfinished <= bytes.length, `it ends at ${end} + ${unfinished} of ${bytes.length}`);
    for (const record of records)
      ok(typeof record === 'object' && record !== null, `a record is ${JSON.stringify(record)}`);
  },
};
export default target;
