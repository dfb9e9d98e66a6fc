import type { ChildCgroup } from '#packages/posix';
import type { Clock, EdgeError } from '#packages/foundation';
import { agentErrors } from '../../errors.ts';
import type { InstanceGroups } from './instance-groups.ts';
import { MemoryWatch } from './memory-watch.ts';
import { priorityOf } from './process-priority.ts';
import type { ProcessPriority } from './process-priority.ts';

/** A service's limits for each process of its model. */
export interface ProcessDemands {
  /** RAM in bytes; undefined for no bound. */
  readonly memoryLimitBytes?: number;
  /** 0 to 19. */
  readonly niceness: number;
  /** CPU time in cores, e.g. 0.5; undefined for no bound. */
  readonly cpuCores?: number;
  /** Whether others come first until the model is open. */
  readonly inBackground: boolean;
}

/** Holds a process to what its service allows, by a control group if the system gives one, else by what every process may do. */
export class ProcessBounds {
  /** The bounds that are in force, as text for people. */
  readonly words: string;
  /** Whether the process must bound its memory itself, as the system does not do it. */
  readonly selfBound: boolean;
  readonly #groups: InstanceGroups;
  readonly #group: ChildCgroup | undefined;
  readonly #limitBytes: number | undefined;
  readonly #watch: MemoryWatch | undefined;
  readonly #priority: ProcessPriority;
  #exceeded: EdgeError | undefined;

  /** @param onExceeded must end the process; with a control group the kernel does */
  constructor(pid: number, demands: ProcessDemands, groups: InstanceGroups, clock: Clock, onExceeded: () => void) {
    const { memoryLimitBytes: limitBytes, niceness, cpuCores, inBackground } = demands;
    const held = groups.hold(pid, {
      ...(limitBytes === undefined ? {} : { memoryMaxBytes: limitBytes }),
      ...(cpuCores === undefined ? {} : { cpuCores }),
    });
    const group = typeof held === 'string' ? undefined : held;
    this.#groups = groups;
    this.#group = group;
    this.#limitBytes = limitBytes;
    this.selfBound = group === undefined && limitBytes !== undefined;
    if (this.selfBound && limitBytes !== undefined) {
      this.#watch = new MemoryWatch(pid, limitBytes, clock, onExceeded);
    }
    this.#priority = priorityOf(pid, niceness, group);
    if (inBackground) this.#priority.lower();
    else this.#priority.restore();
    this.words = [
      ...(limitBytes === undefined ? [] : [`memory: ${group ? 'control group' : 'watched, and RLIMIT_DATA'}`]),
      ...(cpuCores === undefined ? [] : [`CPU share: ${cpuWords(held)}`]),
      `priority: ${this.#priority.means}`,
    ].join('; ');
  }

  /** The model is open: from now on the process has the priority of its service. */
  opened(): void {
    this.#priority.restore();
  }

  /** Set once the process took more memory than it may. */
  get exceeded(): EdgeError | undefined {
    return (this.#exceeded ??= this.#watch?.exceeded ?? this.#killedByGroup());
  }

  stopWatching(): void {
    this.#watch?.stop();
  }

  /** The process has ended. */
  end(): void {
    this.stopWatching();
    if (!this.#group) return;
    this.#exceeded ??= this.#killedByGroup();
    this.#groups.release(this.#group);
  }

  #killedByGroup(): EdgeError | undefined {
    const memory = this.#group?.memory();
    if (!memory || memory.oomKills === 0 || this.#limitBytes === undefined) return undefined;
    const limitKb = Math.round(this.#limitBytes / 1024);
    const message = `the model took more than the ${limitKb} KB that LocalInferenceServiceMemoryLimitKB allows`;
    return agentErrors.error('instance.memory-exceeded', message, { facts: { limitKb, usedKb: limitKb } });
  }
}

function cpuWords(held: ChildCgroup | string): string {
  if (typeof held === 'string') return `not held (${held})`;
  return held.boundsCpu ? 'control group' : 'not held (the control group does not have the CPU controller)';
}
