import { readdirSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';

import { libc } from '../libc/libc.ts';
import { hostArchitecture, systemCall } from '../libc/system-calls.ts';
import { filterProgram } from './filter-program.ts';
import type { CallRule } from './filter-program.ts';

/** linux/seccomp.h. */
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;

/**
 * Filters the system calls of every thread of this process for good, programs that it runs included. Filters add up; no_new_privs
 * must be set.
 * @returns true, or the reason as text
 * Source: seccomp(2).
 */
export function filterSystemCalls(rules: readonly CallRule[]): true | string {
  const filter = filterProgram(rules, hostArchitecture());
  const program = { len: filter.byteLength / 8, filter };
  const call = systemCall('seccomp');
  const result = libc().syscallProgram(call, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program);
  if (result === 0) return true;
  if (result > 0) return `thread ${result} has a filter of its own`;
  const errno = libc().errno();
  return errno === constants.errno.ENOSYS || errno === constants.errno.EINVAL
    ? 'the kernel does not have filters of system calls'
    : `the kernel answers errno ${errno}`;
}

/**
 * Whether io_uring is in use, as Node.js 24 does for its event loop: calls through a ring that is open are seen by no filter.
 * Needs /proc, so ask before files are restricted.
 */
export function hasRing(): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[io_uring]';
    } catch {
      return false;
    }
  });
}
