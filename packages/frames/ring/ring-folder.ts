import { statfsSync } from 'node:fs';
import { messageOf } from '#packages/foundation';
import { makeOwnedFolder, removeOrphans } from '#packages/posix';
import type { OwnedFolder } from '#packages/posix';
import { frameErrors } from '../errors.ts';

/** Where tmpfs is on every Linux system with glibc or musl; shm_overview(7). */
export const SHARED_MEMORY = '/dev/shm';

const PREFIX = 'edgeml-frames-';
/** Source: statfs(2). */
const TMPFS_MAGIC = 0x01021994;

/**
 * Makes the folder for the rings of this process, and removes those of owners that are dead.
 *
 * @param parent on tmpfs
 * @param now milliseconds since the epoch
 * @throws EdgeError `frames.unavailable`
 */
export function makeRingFolder(parent: string, now: number): OwnedFolder {
  try {
    if (statfsSync(parent).type !== TMPFS_MAGIC) throw new Error('it is not a tmpfs');
    removeOrphans(parent, PREFIX, now);
    return makeOwnedFolder(parent, PREFIX);
  } catch (cause) {
    const reason = messageOf(cause);
    const message = `there is no shared memory for frames in ${parent}: ${reason}`;
    throw frameErrors.error('frames.unavailable', message, { cause, facts: { folder: parent } });
  }
}
