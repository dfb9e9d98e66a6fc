import { posix } from 'node:path';

import { ownMemoryCgroup } from '../cgroup/own-cgroup.ts';
import { readCounters, readNumber } from './system-files.ts';
import type { SystemFiles } from './system-files.ts';

/** The memory that one control group still allows. */
export interface CgroupAllowance {
  readonly version: 1 | 2;
  readonly folder: string;
  readonly limitBytes: number;
  readonly usedBytes: number;
  /** Part of `usedBytes` that the kernel takes back when somebody needs it. */
  readonly reclaimableBytes: number;
  /** Limit minus what is used and stays used; at least 0. */
  readonly availableBytes: number;
}

/** The group above this process that allows the least; undefined if none has a limit. */
export function cgroupAllowance(files: SystemFiles): CgroupAllowance | undefined {
  const own = ownMemoryCgroup(files);
  if (!own) return undefined;
  let least: CgroupAllowance | undefined;
  for (let folder = own.folder; ; folder = posix.dirname(folder)) {
    const allowance = own.version === 2 ? unified(folder) : legacy(folder);
    if (allowance && (!least || allowance.availableBytes < least.availableBytes)) least = allowance;
    if (folder === own.top || folder === posix.dirname(folder)) return least;
  }
}

/** From `memory.high` on the kernel slows a group's processes down until they hardly run, so it bounds as `memory.max` does. */
function unified(folder: string): CgroupAllowance | undefined {
  const limits = [readNumber(`${folder}/memory.max`), readNumber(`${folder}/memory.high`)];
  const limitBytes = Math.min(...limits.map((limit) => limit ?? Infinity));
  return allowance(2, folder, limitBytes, readNumber(`${folder}/memory.current`), '');
}

/** Without a limit the file holds the greatest multiple of a page that fits a signed word. */
const NO_LEGACY_LIMIT = 2 ** 62;

function legacy(folder: string): CgroupAllowance | undefined {
  const limitBytes = readNumber(`${folder}/memory.limit_in_bytes`) ?? Infinity;
  const used = readNumber(`${folder}/memory.usage_in_bytes`);
  return allowance(1, folder, limitBytes >= NO_LEGACY_LIMIT ? Infinity : limitBytes, used, 'total_');
}

/**
 * Files on the inactive list go first. Of the active list (libraries that run, files that were read twice) and of the slabs half
 * counts, as in MemAvailable: taking all of them would make the device read its programs from the disk again and again.
 * Shared memory and tmpfs are on neither list. Source: memory.stat in cgroup-v2.rst and cgroup-v1/memory.rst of Linux, proc_meminfo(5).
 */
function allowance(
  version: 1 | 2,
  folder: string,
  limitBytes: number,
  usedBytes: number | undefined,
  prefix: '' | 'total_',
): CgroupAllowance | undefined {
  if (!Number.isFinite(limitBytes) || usedBytes === undefined) return undefined;
  const counters = readCounters(`${folder}/memory.stat`);
  const count = (name: string) => counters.get(prefix + name) ?? counters.get(name) ?? 0;
  const reclaimableBytes = Math.min(
    usedBytes,
    count('inactive_file') + Math.floor((count('active_file') + count('slab_reclaimable')) / 2),
  );
  const availableBytes = Math.max(0, limitBytes - usedBytes + reclaimableBytes);
  return { version, folder, limitBytes, usedBytes, reclaimableBytes, availableBytes };
}
