import { programsOfRestart, restartProcess } from '../process/restart-process.ts';
import type { SystemCall } from '../libc/system-calls.ts';
import { confineProcess, forbidNewPrivileges, nothingHolds } from './confine-process.ts';
import type { ConfinementReport } from './confine-process.ts';
import { deniedCalls } from './denied-calls.ts';
import { boundsAllThreads, landlockAbi, restrictFiles } from './landlock.ts';
import type { FileAccess } from './landlock.ts';
import { filterSystemCalls, hasRing } from './system-call-filter.ts';

export interface WholeProcessOptions {
  /** That the parent passed on, besides 0, 1 and 2. */
  readonly descriptors: readonly number[];
}

/** What `process.argv0` says, and lists of processes show, after the restart. */
const NAME = 'node-confined';

/**
 * `confineProcess` without its gaps. Node.js has threads of its own before a program's first line, which Landlock does not reach
 * before Linux 7.0, and from version 24 on a ring of io_uring, which no filter sees. So the process bounds itself and begins again,
 * bounded from its first instruction on. This costs one more start of Node.js, and nothing if there is neither.
 *
 * Call it first, before anything is written, read or started.
 *
 * @param access must let Node.js find its program and its libraries: `process.argv[1]`, `systemPaths()`
 * @throws EdgeError `confinement.path-missing`, `posix.denied`, `posix.failed`
 */
export function confineWholeProcess(access: FileAccess, { descriptors }: WholeProcessOptions): ConfinementReport {
  if (process.argv0 === NAME) return confineAgain();
  const noNewPrivileges = forbidNewPrivileges();
  if (noNewPrivileges !== true) return nothingHolds(noNewPrivileges);
  const abi = landlockAbi();
  const hasGap = (typeof abi === 'number' && !boundsAllThreads(abi)) || hasRing();
  if (!hasGap) return confineProcess(access);
  restrictFiles({ ...access, programs: [...(access.programs ?? []), ...programsOfRestart()] });
  filterSystemCalls(deniedCalls(process.pid).filter(({ call }) => !isRun(call)));
  return restartProcess(NAME, descriptors);
}

/** After the restart, only running programs is left to deny. */
function confineAgain(): ConfinementReport {
  const abi = landlockAbi();
  return {
    noNewPrivileges: true,
    landlock: typeof abi === 'string' ? abi : { abi, unboundedThreads: 0 },
    systemCalls: filterSystemCalls(deniedCalls(process.pid).filter(({ call }) => isRun(call))),
  };
}

function isRun(call: SystemCall): boolean {
  return call === 'execve' || call === 'execveat';
}
