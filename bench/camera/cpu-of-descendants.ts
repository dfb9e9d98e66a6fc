import { readFileSync } from 'node:fs';
import process from 'node:process';
import { processTable } from '../../tools/local-core/lifecycle/process-table.ts';

/** `USER_HZ` of proc(5), which is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/**
 * Time on all cores of everything that this process has started, in ms, what has ended meanwhile included: a process counts what its
 * children have used once it has waited for them. Linux only.
 *
 * @param others processes that count with their descendants, although they are nobody's child: the agent leaves its component's process
 */
export function cpuOfDescendants(others: readonly number[] = []): number {
  const table = processTable();
  const family = new Set<number>();
  const add = (pid: number): void => {
    if (family.has(pid)) return;
    family.add(pid);
    for (const row of table) if (row.parent === pid) add(row.pid);
  };
  for (const { pid, parent } of table) if (parent === process.pid) add(pid);
  others.forEach(add);
  const live = [...family].reduce((sum, pid) => sum + ticksOf(pid, [11, 12, 13, 14]), 0);
  return (live + ticksOf(process.pid, [13, 14])) * TICK_MS;
}

/** Sum of fields of /proc/<pid>/stat behind the name: 11 and 12 are its own time, 13 and 14 that of children that it has waited for. */
function ticksOf(pid: number, fields: readonly number[]): number {
  try {
    const all = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields.reduce((sum, field) => sum + Number(all[field]), 0);
  } catch {
    return 0; // it ended meanwhile: its parent counts it
  }
}
