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

/** linux/prctl.h. */
const PR_SET_NO_NEW_PRIVS = 38;

const RING_IS_OPEN = 'an io_uring ring is open, whose calls no filter sees; start the process with UV_USE_IO_URING=0';

/**
 * Takes from this process, for good and without a privilege, what a process that only computes does not need: network, other
 * processes, running programs, and files other than these. Open descriptors go on working. Where the platform lacks a part, the
 * report says so and the rest holds.
 *
 * Call it before the first untrusted byte is looked at; libraries may be loaded before, or after from a readable folder.
 *
 * @throws EdgeError `confinement.path-missing`, and then files, network and system calls are as before
 */
export function confineProcess(access: FileAccess): ConfinementReport {
  const library = reasonOr(libc);
  if (typeof library === 'string') return { noNewPrivileges: library, landlock: library, systemCalls: library };
  if (library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) === -1) {
    const reason = `the kernel answers errno ${library.errno()}`;
    return { noNewPrivileges: reason, landlock: reason, systemCalls: reason };
  }
  const ring = hasRing();
  const landlock = restrictFiles(access);
  const filtered = filterSystemCalls();
  return { noNewPrivileges: true, landlock, systemCalls: ring ? RING_IS_OPEN : filtered };
}

function reasonOr<Value>(get: () => Value): Value | string {
  try {
    return get();
  } catch (thrown) {
    return messageOf(thrown);
  }
}
