import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { proportionalMemory } from '#packages/posix';
import { processTable } from '../../tools/local-core/lifecycle/process-table.ts';

/** Processes of a component that works in this folder: its shells do not count, and those that they start themselves are theirs. Linux only. */
export function pidsIn(folder: string): readonly number[] {
  const rows = processTable().filter(({ pid }) => workingDirectory(pid) === folder);
  const all = new Set(rows.map(({ pid }) => pid));
  return rows.filter(({ pid, parent }) => !all.has(parent) && !SHELLS.has(nameOf(pid))).map(({ pid }) => pid);
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'dash', 'bash']);

/** Processes that work below a core's root. */
export function pidsBelow(root: string): readonly number[] {
  return processTable()
    .map(({ pid }) => pid)
    .filter((pid) => workingDirectory(pid)?.startsWith(`${root}${path.sep}`));
}

/** Processes of this name below another one, at any depth. Linux only. */
export function pidsNamed(name: string, ancestor: number): readonly number[] {
  const table = processTable();
  const below = (parent: number): number[] =>
    table.filter((row) => row.parent === parent).flatMap(({ pid }) => [pid, ...below(pid)]);
  return below(ancestor).filter((pid) => nameOf(pid) === name);
}

/** Processes that a process has started and that run. */
export function childrenOf(parent: number): readonly number[] {
  return processTable().flatMap((row) => (row.parent === parent ? [row.pid] : []));
}

/** Its name in the process table; empty if it has ended. */
export function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return ''; // it ended meanwhile
  }
}

export function isAlive(pid: number): boolean {
  return processTable().some((row) => row.pid === pid);
}

/**
 * Memory of a process and of those that it started, in bytes: what several processes map, libraries first of all, counts by each
 * one's share (`Pss`), so that nothing counts twice.
 */
export function memoryOfFamily(pid: number): number {
  return [pid, ...childrenOf(pid)].map(shareOf).reduce((sum, bytes) => sum + bytes, 0);
}

/** Its share of memory in bytes; 0 once the process has ended. */
export function shareOf(pid: number): number {
  try {
    return proportionalMemory(pid);
  } catch {
    return 0;
  }
}

/** The open files of a process as /proc names them: paths, `socket:[…]` and the like; none if it has ended. Linux only. */
export function openFilesOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((fd) => linkOf(path.join(folder, fd)) ?? []);
  } catch {
    return []; // it ended meanwhile, or is not ours
  }
}

/** The most memory that the process ever had, in MB of 1,000,000 bytes; undefined if the system does not tell. */
export function peakMemoryMb(pid: number): number | undefined {
  const bytes = statusBytes(pid, 'VmHWM');
  return bytes === undefined ? undefined : bytes / 1_000_000;
}

/** A field of /proc/<pid>/status (proc(5)); undefined if the process has ended. */
function statusBytes(pid: number, field: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

function workingDirectory(pid: number): string | undefined {
  return linkOf(`/proc/${pid}/cwd`);
}

/** Undefined if the process ended meanwhile, closed the file, or is not ours. */
function linkOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
