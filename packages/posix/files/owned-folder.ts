import { closeSync, constants, fstatSync, lstatSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile } from './lock-file.ts';

/** Locked by the owner for as long as it lives: a folder whose lock can be had is nobody's. */
const OWNER = 'owner';
/** A folder that has no owner yet is being made, unless it is older. */
const BEING_MADE_MS = 60_000;
/** Another owner that starts now may take a folder without a lock for an old one's. */
const ATTEMPTS = 3;

/** A folder, mode 0700, that goes with its owner: with its process, or, if that is killed, when somebody looks for orphans. */
export interface OwnedFolder {
  readonly path: string;
  /** Removes it with all that is in it. Idempotent. */
  remove(): void;
}

/** @param prefix of its name; what follows is random */
export function makeOwnedFolder(parent: string, prefix: string): OwnedFolder {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const folder = lockedFolder(parent, prefix);
    if (folder) return folder;
  }
  throw new Error('others remove it while it is made');
}

function lockedFolder(parent: string, prefix: string): OwnedFolder | undefined {
  const path = mkdtempSync(join(parent, prefix));
  let lock: number | undefined;
  try {
    lock = openSync(join(path, OWNER), constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
    if (lockFile(lock) && fstatSync(lock).nlink > 0) return heldFolder(path, lock);
  } catch (thrown) {
    rmSync(path, { recursive: true, force: true });
    if (lock !== undefined) closeSync(lock);
    throw thrown;
  }
  closeSync(lock);
  return undefined;
}

function heldFolder(path: string, lock: number): OwnedFolder {
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

/**
 * Removes the folders of owners that are dead.
 *
 * @param now milliseconds since the epoch
 * @param onFound called with each of them before it is removed
 */
export function removeOrphans(parent: string, prefix: string, now: number, onFound?: (path: string) => void): void {
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) removeOrphan(join(parent, name), now, onFound);
  }
}

/**
 * Removes a folder whose owner is dead. Those of other users, and those that somebody else removes, are left alone.
 *
 * @returns whether there is nothing left to be removed by this user
 */
export function removeOrphan(path: string, now: number, onFound?: (path: string) => void): boolean {
  let lock: number | undefined;
  try {
    const { uid, mtimeMs } = lstatSync(path);
    if (uid !== process.geteuid?.()) return true;
    lock = openOwner(path);
    const isOrphan = lock === undefined ? now - mtimeMs > BEING_MADE_MS : lockFile(lock);
    if (isOrphan) {
      onFound?.(path);
      rmSync(path, { recursive: true, force: true });
    }
    return isOrphan;
  } catch {
    // Somebody else was faster.
    return true;
  } finally {
    if (lock !== undefined) closeSync(lock);
  }
}

function openOwner(path: string): number | undefined {
  try {
    return openSync(join(path, OWNER), constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}
