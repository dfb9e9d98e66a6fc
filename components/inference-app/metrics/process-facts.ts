import { readFileSync } from 'node:fs';
import { processMemory } from '#packages/posix';

/** Bytes in RAM of a process and of all that it has started; 0 if it has ended, or if the system does not tell. */
export function residentOfFamily(pid: number): number {
  try {
    return processMemory(pid).residentBytes + childrenOf(pid).reduce((sum, child) => sum + residentOfFamily(child), 0);
  } catch {
    return 0;
  }
}

/** Source: proc_tid_children(5). */
function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
