import { readdirSync } from 'node:fs';

import { posixErrors } from '../errors.ts';

/**
 * Does something to each thread of a process; Linux keeps priorities per thread, and those that a thread starts inherit its own.
 *
 * @param act returns whether the thread was still there
 * @throws EdgeError `posix.no-process`, `posix.unsupported`
 */
export function eachThread(pid: number, act: (thread: number) => boolean): void {
  if (process.platform !== 'linux') {
    throw posixErrors.error('posix.unsupported', `threads are not listed on ${process.platform}`);
  }
  const done = new Set<number>();
  // A thread may start others while the list is read; they are in the next one.
  for (let left = threadsOf(pid); left.length > 0; left = threadsOf(pid).filter((thread) => !done.has(thread))) {
    for (const thread of left) {
      if (!act(thread) && thread === pid) throw noProcess(pid);
      done.add(thread);
    }
  }
}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    throw noProcess(pid);
  }
}

function noProcess(pid: number) {
  return posixErrors.error('posix.no-process', `there is no process ${pid}`, { facts: { pid } });
}
