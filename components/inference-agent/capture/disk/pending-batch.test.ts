import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../../../testing/agent/package-folder.ts';
import type { WrittenEvent } from '../event/write-event.ts';
import { PendingBatch } from './pending-batch.ts';

const FOLDER = 'captures/plant/parts/2026/11/22/05';
const ROUNDS = 40;
const AT_ONCE = 4;
const SIDE_FILES = 0 + 1 + 2 + 3;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => (folder = await temporaryFolder()));
afterEach(() => folder.remove());

describe('batches of one folder', () => {
  it('finish at the same time, though each removes the pending folder if it is the last', async () => {
    // Files beside it make a batch slower: one is at its end while another is just before it.
    const eventOf = (name: string, files: number): WrittenEvent => ({
      line: Buffer.from('{}\n'),
      sideFiles: Array.from({ length: files }, (_, at) => ({
        name: `${name}-${at}.bin`,
        data: Buffer.alloc(8),
        contentType: 'application/octet-stream',
      })),
    });
    for (let round = 0; round < ROUNDS; round++) {
      const batches = Array.from(
        { length: AT_ONCE },
        (_, at) => new PendingBatch(folder.path, FOLDER, `${round}-${at}.jsonl`),
      );
      await Promise.all(
        batches.map((batch, at) => batch.add({ captureId: batch.path, model: 'parts' }, eventOf(`${round}-${at}`, at))),
      );
      await Promise.all(batches.map((batch) => batch.finish()));
    }
    expect(await readdir(join(folder.path, FOLDER))).toHaveLength(ROUNDS * (AT_ONCE + SIDE_FILES));
    expect(await readdir(join(folder.path, '.pending')).catch(() => [])).toEqual([]);
  });
});
