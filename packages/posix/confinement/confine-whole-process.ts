import { programsOfRestart, restartProcess } from '../process/restart-process.ts';
import { confine, confineProcess, forbidNewPrivileges } from './confine-process.ts';
import type { ConfinementReport } from './confine-process.ts';
import { boundsAllThreads, landlockAbi, restrictFiles } from './landlock.ts';
import type { FileAccess } from './landlock.ts';

export interface WholeProcessOptions {
  /** That the parent passed on, besides 0, 1 and 2. */
  readonly descriptors: readonly number[];
}

/** What `process.argv0` says, and lists of processes show, after the restart. */
const NAME = 'node-confined';

/**
 * `confineProcess` for every thread. Node.js has threads of its own before a program's first line, and Landlock does not reach them
 * before Linux 7.0. So the process bounds itself and begins again, bounded from its first instruction on. This costs one more start of
 * Node.js, and nothing if the kernel bounds all threads or does not have Landlock.
 *
 * Call it first, before anything is written, read or started.
 *
 * @param access must let Node.js find its program and its libraries: `process.argv[1]`, `systemPaths()`
 * @throws EdgeError `confinement.path-missing`, `posix.denied`, `posix.failed`
 */
export function confineWholeProcess(access: FileAccess, { descriptors }: WholeProcessOptions): ConfinementReport {
  if (process.argv0 === NAME) return confine(restrictedBefore);
  if (forbidNewPrivileges() !== true) return confineProcess(access);
  const abi = landlockAbi();
  if (typeof abi === 'string' || boundsAllThreads(abi)) return confineProcess(access);
  restrictFiles({ ...access, programs: [...(access.programs ?? []), ...programsOfRestart()] });
  // Nor may it open a ring for calls that no filter sees.
  return restartProcess({ name: NAME, descriptors, environment: { UV_USE_IO_URING: '0' } });
}

function restrictedBefore() {
  const abi = landlockAbi();
  return typeof abi === 'string' ? abi : { abi, unboundedThreads: 0 };
}
