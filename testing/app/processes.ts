import { readFileSync } from 'node:fs';
import { processTable } from '../../tools/local-core/lifecycle/process-table.ts';

/** Processes of this name below another one, at any depth. Linux only. */
export function pidsNamed(name: string, ancestor: number): readonly number[] {
  const table = processTable();
  const below = (parent: number): number[] =>
    table.filter((row) => row.parent === parent).flatMap(({ pid }) => [pid, ...below(pid)]);
  return below(ancestor).filter((pid) => nameOf(pid) === name);
}

export function isAlive(pid: number): boolean {
  return processTable().some((row) => row.pid === pid);
}

/** Its name in the process table; empty where it has ended. */
export function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return ''; // it ended meanwhile
  }
}
