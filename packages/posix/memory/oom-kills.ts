import { readCounters, SYSTEM_FILES } from './system-files.ts';
import type { SystemFiles } from './system-files.ts';

/** How many processes the kernel has killed for want of memory since it started; undefined if it does not tell (Linux 4.13). */
export function oomKills(files: SystemFiles = SYSTEM_FILES): number | undefined {
  return readCounters(`${files.proc}/vmstat`).get('oom_kill');
}
