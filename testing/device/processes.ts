import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { processTable } from '../../tools/local-core/lifecycle/process-table.ts';

/** Processes whose working directory is this folder, shells that wait for others left out. Linux only. */
export function pidsIn(folder: string): readonly number[] {
  return processTable()
    .map(({ pid }) => pid)
    .filter((pid) => workingDirectory(pid) === folder);
}

/** Processes that work below a core's root. */
export function pidsBelow(root: string): readonly number[] {
  return processTable()
    .map(({ pid }) => pid)
    .filter((pid) => workingDirectory(pid)?.startsWith(`${root}${path.sep}`));
}

export function isAlive(pid: number): boolean {
  return processTable().some((row) => row.pid === pid);
}

/** Resident memory in bytes (proc(5), VmRSS). */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes) * 1024;
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // it ended meanwhile, or is not ours
  }
}
