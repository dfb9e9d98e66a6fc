import { messageOf } from '#packages/foundation';
import { libc } from '../libc/libc.ts';
import { deniedCalls } from './denied-calls.ts';
import { restrictFiles } from './landlock.ts';
import type { FileAccess, LandlockReport } from './landlock.ts';
import { filterSystemCalls, hasRing } from './system-call-filter.ts';

/** The parts of the confinement; text is the reason why a part is missing. */
export interface ConfinementReport {
  readonly noNewPrivileges: true | string;
  /** Files, TCP, signals. */
  readonly landlock: LandlockReport | string;
  /** Every network, other processes, programs, mounts, the kernel's inner doors; all threads. */
  readonly systemCalls: true | string;
}

/**
 * Takes from this process, for good and without a privilege, what a process that only computes does not need: network, other
 * processes, running programs, and files other than these. Open descriptors go on working. If the platform lacks a part, the
 * report says so and the rest holds.
 *
 * Two things may stay open if Node.js was started without confinement, and the report tells them: threads that exist already may go
 * on reaching files, and a ring of io_uring passes the filter. `confineWholeProcess` closes both.
 *
 * Call it before the first untrusted byte is looked at; libraries may be loaded before, or after from a readable folder.
 *
 * @throws EdgeError `confinement.path-missing`, and then files, network and system calls are as before
 */
export function confineProcess(access: FileAccess): ConfinementReport {
  const noNewPrivileges = forbidNewPrivileges();
  if (noNewPrivileges !== true) return nothingHolds(noNewPrivileges);
  const ring = hasRing();
  const landlock = restrictFiles(access);
  const rules = deniedCalls(process.pid);
  // Without it the event loop that uses the ring ends the process.
  const systemCalls = filterSystemCalls(ring ? rules.filter(({ call }) => call !== 'io_uring_enter') : rules);
  return { noNewPrivileges, landlock, systemCalls: ring ? RING_IS_OPEN : systemCalls };
}

export function nothingHolds(reason: string): ConfinementReport {
  return { noNewPrivileges: reason, landlock: reason, systemCalls: reason };
}

const RING_IS_OPEN = 'the filter holds, but Node.js has a ring of io_uring open, whose calls no filter sees';

/** linux/prctl.h. */
const PR_SET_NO_NEW_PRIVS = 38;

/**
 * No program that this process runs gains a privilege by set-user-id; the kernel asks for it before the rest.
 * @returns true, or the reason as text
 */
export function forbidNewPrivileges(): true | string {
  try {
    if (libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) === 0) return true;
    return `the kernel answers errno ${libc().errno()} to no_new_privs`;
  } catch (thrown) {
    return messageOf(thrown);
  }
}
