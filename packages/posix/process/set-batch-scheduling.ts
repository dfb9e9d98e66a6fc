import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';
import { systemCall } from '../libc/system-calls.ts';
import { eachThread } from './each-thread.ts';

/** linux/sched.h. */
const SCHED_OTHER = 0;
const SCHED_BATCH = 3;
const ESRCH = 3;
/** `struct sched_param`: the priority, which these policies do not have. */
const NO_PRIORITY = new Uint8Array(Int32Array.of(0).buffer);

/**
 * Marks all threads of a process as ones that only compute: they do not take the CPU from a thread that runs when they wake up.
 * Weaker than niceness, as they still get an equal share, but it can be taken back without a privilege (sched(7)).
 *
 * @throws EdgeError `posix.denied`, `posix.no-process`, `posix.unsupported`
 */
export function setBatchScheduling(pid: number, isBatch: boolean): void {
  eachThread(pid, (thread) => {
    const policy = isBatch ? SCHED_BATCH : SCHED_OTHER;
    const number = systemCall('sched_setscheduler');
    if (libc().syscallPointerThird(number, thread, policy, NO_PRIORITY, 0) !== -1) return true;
    const errno = libc().errno();
    if (errno === ESRCH) return false;
    throw failure(`cannot change the scheduling of process ${pid}`, 'sched_setscheduler', errno);
  });
}
