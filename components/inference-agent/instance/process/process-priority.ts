import { getPriority } from 'node:os';
import { mayRestoreNiceness, setBatchScheduling, setNiceness } from '#packages/posix';
import type { ChildCgroup } from '#packages/posix';
import { messageOf } from '#packages/foundation';

/** Models that load, tune and test get the time that nobody else wants. */
const LOADING_NICENESS = 19;

/** How a process's share of a contended CPU can be changed while it lives, by the best means that the system gives. */
export interface ProcessPriority {
  /** In words, for people. */
  readonly means: string;
  /** Behind all that serves. */
  lower(): void;
  /** As the service asks for. */
  restore(): void;
}

/**
 * @param niceness that the service asks for, on top of the agent's own
 * @param group of the process alone, if there is one
 * @param mayRestore whether the niceness can be taken back. Default: asks the system
 */
export function priorityOf(
  pid: number,
  niceness: number,
  group: ChildCgroup | undefined,
  mayRestore: boolean = mayRestoreNiceness(absolute(niceness)),
): ProcessPriority {
  const set = (value: number): void => attempt(() => setNiceness(pid, value));
  if (group?.boundsCpu) {
    return {
      means: 'control group',
      lower: () => attempt(() => group.setNiceness(LOADING_NICENESS)),
      restore: () => attempt(() => group.setNiceness(niceness)),
    };
  }
  if (mayRestore)
    return { means: 'niceness', lower: () => set(LOADING_NICENESS), restore: () => set(absolute(niceness)) };
  // Nicer is always allowed; what cannot be taken back is not done.
  if (niceness > 0) set(absolute(niceness));
  return {
    means: 'niceness, and SCHED_BATCH while it loads (RLIMIT_NICE does not let it come back from more)',
    lower: () => attempt(() => setBatchScheduling(pid, true)),
    restore: () => attempt(() => setBatchScheduling(pid, false)),
  };
}

function absolute(niceness: number): number {
  return Math.min(LOADING_NICENESS, getPriority() + niceness);
}

/** A process that has ended meanwhile needs no priority, and nothing depends on it elsewhere. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (thrown) {
    process.stderr.write(`the priority of a model's process is not changed: ${messageOf(thrown)}\n`);
  }
}
