import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '#packages/foundation';
import { lockFile } from '#packages/posix';
import { frameErrors } from '../errors.ts';

/** Where tmpfs is on every Linux system with glibc or musl; shm_overview(7). */
export const SHARED_MEMORY = '/dev/shm';

const PREFIX = 'edgeml-frames-';
/** Locked by the owner for as long as it lives: a folder whose lock can be had is nobody's. */
const OWNER = 'owner';
/** A folder that has no owner yet is being made, unless it is older. */
const BEING_MADE_MS = 60_000;
/** Source: statfs(2). */
const TMPFS_MAGIC = 0x01021994;

/** A folder for rings, mode 0700, that goes with its owner. */
export interface RingFolder {
  readonly path: string;
  /** Removes it with all that is in it. Idempotent. */
  remove(): void;
}

/**
 * Makes the folder of this process, and removes those of owners that are dead.
 *
 * @param parent on tmpfs
 * @param now milliseconds since the epoch
 * @throws EdgeError `frames.unavailable`
 */
export function makeRingFolder(parent: string, now: number): RingFolder {
  try {
    if (statfsSync(parent).type !== TMPFS_MAGIC) throw new Error('it is not a tmpfs');
    removeOrphans(parent, now);
    // Another owner that starts now may take a folder without a lock for an old one's.
    for (let attempt = 0; attempt < 3; attempt++) {
      const folder = lockedFolder(parent);
      if (folder) return folder;
    }
    throw new Error('others remove it while it is made');
  } catch (cause) {
    const reason = messageOf(cause);
    const message = `there is no shared memory for frames in ${parent}: ${reason}`;
    throw frameErrors.error('frames.unavailable', message, { cause, facts: { folder: parent } });
  }
}

function lockedFolder(parent: string): RingFolder | undefined {
  const path = mkdtempSync(join(parent, PREFIX));
  const lock = openSync(join(path, OWNER), constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
  if (!lockFile(lock) || fstatSync(lock).nlink === 0) {
    closeSync(lock);
    return undefined;
  }
  let isThere = true;
  return {
    path,
    remove: () => {
      if (!isThere) return;
      isThere = false;
      rmSync(path, { recursive: true, force: true });
      closeSync(lock);
    },
  };
}

function removeOrphans(parent: string, now: number): void {
  for (const name of readdirSync(parent)) {
    if (name.startsWith(PREFIX)) removeOrphan(join(parent, name), now);
  }
}

/**
 * Removes a folder whose owner is dead. Those of other users, and those that somebody else removes, are left alone.
 * @returns whether there is nothing left to be removed by this user
 */
export function removeOrphan(path: string, now: number): boolean {
  try {
    const { uid, mtimeMs } = lstatSync(path);
    if (uid !== process.geteuid?.()) return true;
    const lock = openOwner(path);
    const isOrphan = lock === undefined ? now - mtimeMs > BEING_MADE_MS : lockFile(lock);
    if (isOrphan) rmSync(path, { recursive: true, force: true });
    if (lock !== undefined) closeSync(lock);
    return isOrphan;
  } catch {
    // Somebody else was faster.
    return true;
  }
}

function openOwner(path: string): number | undefined {
  try {
    return openSync(join(path, OWNER), constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}
