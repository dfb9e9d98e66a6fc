import { isDiskFull, isEdgeError, messageOf } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';

import type { SpoolEntry } from './entry-index.ts';
import { uploaderErrors } from '../errors.ts';
import type { Bound, SpoolLimits } from './room.ts';

/** A newcomer that no waiting sample may go for. */
export function refusedError(entry: SpoolEntry, because: Bound, limits: SpoolLimits, samples: number): EdgeError {
  const { bytes, priority } = entry;
  const facts = { bytes, priority, samples, ...limits };
  if (because === 'disk-low') {
    const message = `a sample of ${bytes} bytes is not kept: less than ${limits.minFreeBytes} bytes would stay free on the disk`;
    return uploaderErrors.error('spool.disk-low', message, { facts });
  }
  const message = `a sample of ${bytes} bytes and priority ${priority} does not fit: ${samples} of ${limits.maxSamples} samples wait within ${limits.maxBytes} bytes, and none of them may go for it`;
  return uploaderErrors.error('spool.full', message, { facts });
}

/** A failed write, told apart by whether the disk is full. */
export function writeError(thrown: unknown): EdgeError {
  if (isEdgeError(thrown)) return thrown;
  const full = isDiskFull(thrown);
  const what = full ? 'the disk is full' : 'the spool cannot be written';
  return uploaderErrors.error(full ? 'spool.disk-full' : 'spool.write-failed', `${what}: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

export function corruptError(entry: SpoolEntry, how: string): EdgeError {
  return uploaderErrors.error('spool.corrupt-sample', `the file of sample ${entry.id} is ${how}`, {
    facts: { ...entry },
  });
}

export function closedError(): EdgeError {
  return uploaderErrors.error('spool.closed', 'the spool is closed');
}
