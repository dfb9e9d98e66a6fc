import { createHash } from 'node:crypto';
import type { SampleRecord } from '#packages/samples';
import { SPLITS } from './dataset.ts';
import type { Split } from './dataset.ts';

/** Shares of the splits, which add up to 1. */
export type Shares = Readonly<Record<Split, number>>;

/**
 * The split of a sample. Samples of one source and one minute stay together: a camera that sees almost the same twice must not be
 * trained and tested on. The group's hash decides, so that a sample keeps its split when others are added.
 */
export function splitOf(record: SampleRecord, shares: Shares, seed: string): Split {
  const digest = createHash('sha256')
    .update(`${seed}\n${groupOf(record)}`)
    .digest();
  let left = digest.readUIntBE(0, 6) / 2 ** 48;
  for (const split of SPLITS) {
    if (left < shares[split]) return split;
    left -= shares[split];
  }
  return 'train';
}

/** Device, source and minute. */
export function groupOf({ thing, source, configId, takenAt, keptAt }: SampleRecord): string {
  const minute = (takenAt ?? keptAt).slice(0, 'YYYY-MM-DDTHH:MM'.length);
  return JSON.stringify([thing, source ?? configId, minute]);
}

/**
 * Reads `80/10/10` (train, val, test).
 * @returns undefined if the text is something else, or does not add up to 100
 */
export function readShares(text: string): Shares | undefined {
  const parts = text.split('/').map(Number);
  const [train = NaN, val = NaN, test = NaN] = parts;
  const isShare = (part: number): boolean => part >= 0 && part <= 100;
  if (parts.length !== 3 || !parts.every(isShare) || Math.abs(train + val + test - 100) > 1e-9) return undefined;
  return { train: train / 100, val: val / 100, test: test / 100 };
}
