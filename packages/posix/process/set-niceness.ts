import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

import { posixErrors } from '../errors.ts';
import { failure } from '../libc/failure.ts';

/**
 * Sets the niceness of all threads of a process; those that they start later inherit it. Linux keeps it per thread, and
 * `os.setPriority` alone changes only the main one.
 *
 * @param niceness -20 (first) to 19 (last); less than now takes a privilege
 * @throws EdgeError `posix.denied`, `posix.no-process`, `posix.unsupported`
 */
export function setNiceness(pid: number, niceness: number): void {
  if (process.platform !== 'linux') {
    throw posixErrors.error('posix.unsupported', `threads are not listed on ${process.platform}`);
  }
  const done = new Set<number>();
  // A thread may start others while the list is read; they are in the next one.
  for (let left = threadsOf(pid); left.length > 0; left = threadsOf(pid).filter((thread) => !done.has(thread))) {
    for (const thread of left) {
      setOne(pid, thread, niceness);
      done.add(thread);
    }
  }
}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    throw posixErrors.error('posix.no-process', `there is no process ${pid}`, { facts: { pid } });
  }
}

function setOne(pid: number, thread: number, niceness: number): void {
  try {
    setPriority(thread, niceness);
  } catch (thrown) {
    const { info } = thrown as { readonly info?: { readonly errno: number; readonly code: string } };
    if (!info) throw thrown;
    if (info.code === 'ESRCH' && thread !== pid) return;
    throw failure(`cannot set the niceness of process ${pid} to ${niceness}`, 'setpriority', Math.abs(info.errno));
  }
}
