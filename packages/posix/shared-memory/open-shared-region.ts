import { fstatSync } from 'node:fs';

import { posixErrors } from '../errors.ts';
import { failureOf } from '../libc/failure.ts';
import { mapShared } from './mapping.ts';
import { sealsOf, SIZE_SEALS } from './seals.ts';
import { SharedRegion } from './shared-region.ts';

export interface OpenRegionOptions {
  /** As inherited, e.g. 4 for the fifth element of the parent's `stdio`. */
  readonly fd: number;
  /** The size that both sides agreed on. */
  readonly bytes: number;
  /** Default: `read-write`. */
  readonly access?: 'read-only' | 'read-write';
}

/**
 * Shared memory that another process made. It is mapped only if nobody can change its size any more, so that no read of it can end
 * this process. Its content may change under the reader at any time.
 *
 * @throws EdgeError `shared-region.not-sealed`, `shared-region.wrong-size`, `posix.denied`, `posix.unsupported`
 */
export function openSharedRegion({ fd, bytes, access = 'read-write' }: OpenRegionOptions): SharedRegion {
  const seals = sealsOf(fd);
  if (seals === undefined || (seals & SIZE_SEALS) !== SIZE_SEALS) {
    const message = `descriptor ${fd} is not shared memory of a fixed size`;
    throw posixErrors.error('shared-region.not-sealed', message, { facts: { fd, seals } });
  }
  const { size } = statusOf(fd);
  if (size !== bytes) {
    const message = `the shared region of descriptor ${fd} has ${size} bytes, not ${bytes}`;
    throw posixErrors.error('shared-region.wrong-size', message, { facts: { fd, size, bytes } });
  }
  return new SharedRegion(fd, mapShared(fd, bytes, access));
}

function statusOf(fd: number): { readonly size: number } {
  try {
    return fstatSync(fd);
  } catch (thrown) {
    throw failureOf(`cannot look at descriptor ${fd}`, 'fstat', thrown);
  }
}
