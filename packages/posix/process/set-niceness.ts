import { setPriority } from 'node:os';

import { failure } from '../libc/failure.ts';
import { eachThread } from './each-thread.ts';

/**
 * Sets the niceness of all threads of a process; those that they start later inherit it. `os.setPriority` alone changes only the
 * main one.
 *
 * @param niceness -20 (first) to 19 (last); less than now takes a privilege, see `mayRestoreNiceness`
 * @throws EdgeError `posix.denied`, `posix.no-process`, `posix.unsupported`
 */
export function setNiceness(pid: number, niceness: number): void {
  eachThread(pid, (thread) => {
    try {
      setPriority(thread, niceness);
      return true;
    } catch (thrown) {
      const { info } = thrown as { readonly info?: { readonly errno: number; readonly code: string } };
      if (!info) throw thrown;
      if (info.code === 'ESRCH') return false;
      throw failure(`cannot set the niceness of process ${pid} to ${niceness}`, 'setpriority', Math.abs(info.errno));
    }
  });
}
