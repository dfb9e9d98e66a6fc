import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '#packages/foundation';
import type { Prediction } from '#packages/model-package';
import type { AccuracyReport } from '../report/twin-report.ts';
import { meanAveragePrecision } from './average-precision.ts';
import type { HeldBackSet } from './held-back-set.ts';

/** Asks the model about every held-back picture, one after the other. A picture that it does not answer counts as wrong. */
export async function measureAccuracy(
  set: HeldBackSet,
  signal: AbortSignal,
  ask: (picture: Uint8Array) => Promise<readonly Prediction[]>,
): Promise<AccuracyReport> {
  const failures: string[] = [];
  const found: (readonly Prediction[])[] = [];
  for (const { file } of set.pictures) {
    signal.throwIfAborted();
    try {
      found.push(await ask(await readFile(file)));
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${path.basename(file)}: ${messageOf(error)}`);
      found.push([]);
    }
  }
  const common = { images: set.pictures.length, failures };
  if (set.kind === 'boxes') {
    const value = meanAveragePrecision(
      set.pictures.map(({ objects }) => objects),
      found,
    );
    return { ...common, metric: 'mAP@0.5', value: rounded(value) };
  }
  const right = set.pictures.filter(({ label }, index) => found[index]?.[0]?.label === label).length;
  return { ...common, metric: 'top-1', value: rounded(right / set.pictures.length) };
}

/** Down, so that 0.8999 is not taken for 0.9. */
function rounded(value: number): number {
  return Math.floor(value * 10_000) / 10_000;
}
