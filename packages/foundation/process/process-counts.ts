import { readdirSync, readFileSync } from 'node:fs';

/** Of this process. */
export interface ProcessCounts {
  readonly descriptors: number;
  /** Descriptors that it may have open at once: RLIMIT_NOFILE. */
  readonly maxDescriptors: number;
  readonly threads: number;
  /** Processes that it has started itself and that run. */
  readonly children: number;
}

/** Undefined if the system does not tell. Source: proc_pid_fd(5), proc_pid_limits(5), proc_pid_task(5), proc_tid_children(5). */
export function processCounts(): ProcessCounts | undefined {
  try {
    const threads = readdirSync('/proc/self/task');
    const children = threads.flatMap((thread) => childrenOf(thread));
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      maxDescriptors: soft === 'unlimited' ? Infinity : Number(soft),
      threads: threads.length,
      children: children.length,
    };
  } catch {
    return undefined;
  }
}

/** Those that a thread has started; none of a thread that has ended meanwhile. */
function childrenOf(thread: string): readonly string[] {
  try {
    return readFileSync(`/proc/self/task/${thread}/children`, 'latin1').split(' ').filter(Boolean);
  } catch {
    return [];
  }
}
