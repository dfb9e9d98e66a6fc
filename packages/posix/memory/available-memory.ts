import { freemem } from 'node:os';

import { cgroupAllowance } from './cgroup-allowance.ts';
import type { CgroupAllowance } from './cgroup-allowance.ts';
import { SYSTEM_FILES, readText } from './system-files.ts';
import type { SystemFiles } from './system-files.ts';

/** Memory that this process, its children included, may still take. */
export interface AvailableMemory {
  /** The least of what the device has and what each control group above this process allows. */
  readonly availableBytes: number;
  /** The source of the bound. */
  readonly source: 'system' | 'cgroup-v1' | 'cgroup-v2';
  /** The control group that allows the least; undefined if the system sets the bound. */
  readonly cgroup?: CgroupAllowance;
}

/**
 * Counts pages that the kernel gives back by itself, above all the page cache: a package that was just written or read must not
 * look like memory that is taken. Swap does not count.
 *
 * @param files where the kernel's files are; for tests
 */
export function availableMemory(files: SystemFiles = SYSTEM_FILES): AvailableMemory {
  const systemBytes = systemAvailable(files);
  const cgroup = cgroupAllowance(files);
  if (!cgroup || cgroup.availableBytes >= systemBytes) return { availableBytes: systemBytes, source: 'system' };
  return { availableBytes: cgroup.availableBytes, source: `cgroup-v${cgroup.version}`, cgroup };
}

/** MemAvailable of proc(5), since Linux 3.14; elsewhere what nobody uses at all. */
function systemAvailable(files: SystemFiles): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readText(`${files.proc}/meminfo`) ?? '')?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}
