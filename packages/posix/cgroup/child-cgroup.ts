import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';

import { failureOf } from '../libc/failure.ts';
import { readCounters, readNumber, SYSTEM_FILES } from '../memory/system-files.ts';
import type { SystemFiles } from '../memory/system-files.ts';
import { takeDelegation } from './delegation.ts';

export interface CgroupLimits {
  /** Beyond it the kernel first takes back page cache, then kills the processes of the group, all of them. Swap is not used. */
  readonly memoryMaxBytes: number;
  /** Share of the CPU under contention, 1 to 10000. Default: 100, as everybody's. */
  readonly cpuWeight?: number;
}

export interface CgroupMemory {
  readonly currentBytes: number;
  /** Undefined before Linux 5.19. */
  readonly peakBytes: number | undefined;
  /** Processes that the kernel killed because the group was over its limit. */
  readonly oomKills: number;
}

/** A control group (version 2) below that of this process. */
export class ChildCgroup {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * @param name of the folder, e.g. `instance-3`
   * @throws EdgeError `posix.denied` with the reason: the usual case, ask `cgroupDelegation` first
   */
  static create(name: string, limits: CgroupLimits, files: SystemFiles = SYSTEM_FILES): ChildCgroup {
    const group = new ChildCgroup(`${takeDelegation(files)}/${name}`);
    try {
      mkdirSync(group.folder, { recursive: true });
      group.#write('memory.max', limits.memoryMaxBytes);
      group.#write('memory.oom.group', 1);
      if (readNumber(`${group.folder}/memory.swap.current`) !== undefined) group.#write('memory.swap.max', 0);
      if (limits.cpuWeight !== undefined) group.#write('cpu.weight', limits.cpuWeight);
      return group;
    } catch (thrown) {
      group.remove();
      throw thrown;
    }
  }

  /**
   * Moves a process in, all its threads too. What it has allocated so far goes on counting where it was, so move it right after its
   * start. @throws EdgeError `posix.no-process`, `posix.denied`
   */
  add(pid: number): void {
    this.#write('cgroup.procs', pid);
  }

  memory(): CgroupMemory {
    return {
      currentBytes: readNumber(`${this.folder}/memory.current`) ?? 0,
      peakBytes: readNumber(`${this.folder}/memory.peak`),
      oomKills: readCounters(`${this.folder}/memory.events`).get('oom_kill') ?? 0,
    };
  }

  /**
   * Takes the group away, which its processes must have left.
   * @returns whether it is gone
   */
  remove(): boolean {
    try {
      rmdirSync(this.folder);
      return true;
    } catch (thrown) {
      return (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    }
  }

  #write(file: string, value: number): void {
    try {
      writeFileSync(`${this.folder}/${file}`, String(value));
    } catch (thrown) {
      throw failureOf(`cannot write ${value} to ${file} of the control group ${this.folder}`, 'write', thrown);
    }
  }
}
