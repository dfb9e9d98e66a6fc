import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { processTable } from '../../tools/local-core/lifecycle/process-table.ts';

/** Processes that the core started in this folder: those that they start themselves are theirs. Linux only. */
export function pidsIn(folder: string): readonly number[] {
  const rows = processTable().filter(({ pid }) => workingDirectory(pid) === folder);
  const all = new Set(rows.map(({ pid }) => pid));
  return rows.filter(({ parent }) => !all.has(parent)).map(({ pid }) => pid);
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

/** Resident memory of a process and of those that it started, in bytes; what they share counts in each. */
export function residentBytesOfFamily(pid: number): number {
  const children = processTable().filter(({ parent }) => parent === pid);
  return [pid, ...children.map((row) => row.pid)].map(residentBytes).reduce((sum, bytes) => sum + bytes, 0);
}

/** Resident memory in bytes (proc(5), VmRSS). */
function residentBytes(pid: number): number {
  const [, kilobytes = 0] = /^VmRSS:\s+(\d+) kB$/m.exec(statusOf(pid)) ?? [];
  return Number(kilobytes) * 1024;
}

/** Empty if the process ended meanwhile. */
function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // it ended meanwhile, or is not ours
  }
}
