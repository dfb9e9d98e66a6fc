import { messageOf } from '../../../components/common/errors/edge-error.ts';
import { libc } from '../libc/libc.ts';
import { restrictFiles } from './landlock.ts';
import type { FileAccess, LandlockReport } from './landlock.ts';
import { filterSystemCalls, hasRing } from './system-call-filter.ts';

/** What holds from now on; text is the reason why something does not. */
export interface ConfinementReport {
  readonly noNewPrivileges: true | string;
  /** Files, TCP, signals. */
  readonly landlock: LandlockReport | string;
  /** Every network, other processes, programs, mounts, the kernel's inner doors; all threads. */
  readonly systemCalls: true | string;
}

/**
 * Takes from this process, for good and without a privilege, what a process that only computes does not need: network, other
 * processes, running programs, and files other than these. Open descriptors go on working. Where the platform lacks a part, the
 * report says so and the rest holds. Threads that exist already may go on reaching files: see `confineWholeProcess`.
 *
 * Call it before the first untrusted byte is looked at; libraries may be loaded before, or after from a readable folder.
 *
 * @throws EdgeError `confinement.path-missing`, and then files, network and system calls are as before
 */
export function confineProcess(access: FileAccess): ConfinementReport {
  // Asked before files are out of reach.
  const ring = process.platform === 'linux' && hasRing();
  const report = confine(() => restrictFiles(access));
  return ring ? { ...report, systemCalls: RING_IS_OPEN } : report;
}

/** @param restrict puts the files out of reach, or tells how it was done before */
export function confine(restrict: () => LandlockReport | string): ConfinementReport {
  const noNewPrivileges = forbidNewPrivileges();
  if (noNewPrivileges !== true) return { noNewPrivileges, landlock: noNewPrivileges, systemCalls: noNewPrivileges };
  return { noNewPrivileges, landlock: restrict(), systemCalls: filterSystemCalls() };
}

const RING_IS_OPEN = 'an io_uring ring is open, whose calls no filter sees; start the process with UV_USE_IO_URING=0';

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
