import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';

import { failureOf } from '../libc/failure.ts';
import { readCounters, readNumber, SYSTEM_FILES } from '../memory/system-files.ts';
import type { SystemFiles } from '../memory/system-files.ts';
import { hasController, takeDelegation } from './delegation.ts';

export interface CgroupLimits {
  /** Beyond it the kernel first takes back page cache, then kills the processes of the group, all of them. Swap is not used. */
  readonly memoryMaxBytes?: number;
  /** The most CPU time that the group gets, in cores: 0.5 is half of one. Has no effect if `boundsCpu` is false. */
  readonly cpuCores?: number;
  /** The group's weight under contention, as that of one process of this niceness: -20 (most) to 19. Default: 0, as everybody's. */
  readonly niceness?: number;
}

export interface CgroupMemory {
  readonly currentBytes: number;
  /** Undefined before Linux 5.19. */
  readonly peakBytes: number | undefined;
  /** Processes that the kernel killed because the group was over its limit. */
  readonly oomKills: number;
}

/** The kernel's default, in microseconds (cgroup-v2.rst, `cpu.max`). */
const CPU_PERIOD_US = 100_000;

/** A control group (version 2) below that of this process. */
export class ChildCgroup {
  readonly folder: string;
  /** Whether the system gives this process the CPU controller, too. */
  readonly boundsCpu: boolean;

  private constructor(folder: string, boundsCpu: boolean) {
    this.folder = folder;
    this.boundsCpu = boundsCpu;
  }

  /**
   * @param name of the folder, e.g. `instance-3`
   * @throws EdgeError `posix.denied` with the reason: the usual case, ask `cgroupDelegation` first
   */
  static create(name: string, limits: CgroupLimits, files: SystemFiles = SYSTEM_FILES): ChildCgroup {
    const parent = takeDelegation(files);
    const group = new ChildCgroup(`${parent}/${name}`, hasController(parent, 'cpu'));
    const { memoryMaxBytes, cpuCores, niceness } = limits;
    try {
      mkdirSync(group.folder, { recursive: true });
      if (memoryMaxBytes !== undefined) group.#boundMemory(memoryMaxBytes);
      if (group.boundsCpu && cpuCores !== undefined) {
        group.#write('cpu.max', `${Math.round(cpuCores * CPU_PERIOD_US)} ${CPU_PERIOD_US}`);
      }
      if (niceness !== undefined) group.setNiceness(niceness);
      return group;
    } catch (thrown) {
      group.remove();
      throw thrown;
    }
  }

  /**
   * Ends what is left in groups that this process' predecessor made, and takes them away as far as they are empty.
   * @param prefix of their names
   * @returns how many there were
   * @throws EdgeError `posix.denied`
   */
  static removeLeftOver(prefix: string, files: SystemFiles = SYSTEM_FILES): number {
    const parent = takeDelegation(files);
    const left = readdirSync(parent, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name.startsWith(prefix),
    );
    for (const { name } of left) {
      const group = new ChildCgroup(`${parent}/${name}`, false);
      group.kill();
      group.remove();
    }
    return left.length;
  }

  /**
   * Moves a process in, all its threads too. Memory that it has allocated so far stays charged to the former group, so move it right after its
   * start. @throws EdgeError `posix.no-process`, `posix.denied`
   */
  add(pid: number): void {
    this.#write('cgroup.procs', pid);
  }

  /** Changes the group's weight at once; takes no privilege in either direction. Has no effect if `boundsCpu` is false. */
  setNiceness(niceness: number): void {
    if (this.boundsCpu) this.#write('cpu.weight.nice', niceness);
  }

  memory(): CgroupMemory {
    return {
      currentBytes: readNumber(`${this.folder}/memory.current`) ?? 0,
      peakBytes: readNumber(`${this.folder}/memory.peak`),
      oomKills: readCounters(`${this.folder}/memory.events`).get('oom_kill') ?? 0,
    };
  }

  /** Sends SIGKILL to all of the group's processes (Linux 5.14; before, nothing happens). */
  kill(): void {
    if (existsSync(`${this.folder}/cgroup.kill`)) this.#write('cgroup.kill', 1);
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

  #boundMemory(bytes: number): void {
    this.#write('memory.max', bytes);
    this.#write('memory.oom.group', 1);
    if (readNumber(`${this.folder}/memory.swap.current`) !== undefined) this.#write('memory.swap.max', 0);
  }

  #write(file: string, value: number | string): void {
    try {
      writeFileSync(`${this.folder}/${file}`, String(value));
    } catch (thrown) {
      throw failureOf(`cannot write ${value} to ${file} of the control group ${this.folder}`, 'write', thrown);
    }
  }
}
