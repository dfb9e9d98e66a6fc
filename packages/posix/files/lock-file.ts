import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';

/** sys/file.h. */
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Locks an open file for this process alone, until it closes the descriptor or ends, however it ends. flock(2).
 * @returns false if another process holds the lock
 * @throws EdgeError `posix.unsupported`, `posix.failed`
 */
export function lockFile(fd: number): boolean {
  if (libc().flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = libc().errno();
  if (errno === EWOULDBLOCK) return false;
  throw failure('cannot lock a file', 'flock', errno);
}

/** The same on every architecture that we run on. */
const EWOULDBLOCK = 11;
