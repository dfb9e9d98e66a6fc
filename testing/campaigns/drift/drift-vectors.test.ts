import { expect, it } from 'vitest';
import { driftVectors } from './drift-streams.ts';

/** A few of the streams of `npm run campaign -- drift-vectors`. */

it('finds vectors that have changed, and says nothing of those that have not', async () => {
  const { signal } = new AbortController();
  const { report, faults } = await driftVectors({ seed: 1, times: 5, signal, onProgress: () => undefined });
  expect(faults).toEqual([]);
  expect(report).toMatchObject({ streams: 4, falseAlarms: 0 });
});
