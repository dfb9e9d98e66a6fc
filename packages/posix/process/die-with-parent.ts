import { posixErrors } from '../errors.ts';
import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';

/** linux/prctl.h; the number of SIGKILL is the same on every architecture that we run on. */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/**
 * The kernel kills this process when the thread that spawned it ends, however stuck either of them is. The parent must spawn from
 * its main thread: a worker thread that ends would take the child with it.
 *
 * @param parentPid told by the parent itself; if somebody else is the parent by now, the real one ended before the kernel was asked
 * @throws EdgeError `posix.parent-gone`, `posix.unsupported`
 */
export function dieWithParent({ parentPid }: { readonly parentPid: number }): void {
  if (libc().prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) === -1) {
    throw failure('cannot tie this process to its parent', 'prctl', libc().errno());
  }
  if (process.ppid === parentPid) return;
  const message = `the parent ${parentPid} has ended; this process now belongs to ${process.ppid}`;
  throw posixErrors.error('posix.parent-gone', message, { facts: { parentPid, ppid: process.ppid } });
}
