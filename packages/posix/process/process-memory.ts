import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { posixErrors } from '../errors.ts';
import { failureOf } from '../libc/failure.ts';

/** Memory of one process, in bytes. Source: proc_pid_status(5), proc_pid_smaps_rollup in filesystems/proc.rst of Linux. */
export interface ProcessMemory {
  /** In RAM, shared pages included. */
  readonly residentBytes: number;
  /** The most that was ever in RAM, or since `resetPeakMemory`. */
  readonly peakBytes: number;
  /** In RAM and of nothing but this process: heap and stacks. */
  readonly anonymousBytes: number;
  /** In RAM, of shared memory and tmpfs. */
  readonly sharedBytes: number;
  /** What RLIMIT_DATA counts: private memory that may be written, touched or not. */
  readonly dataBytes: number;
}

/** @throws EdgeError `posix.no-process`, `posix.unsupported` */
export function processMemory(pid: number): ProcessMemory {
  const text = statusFile(pid, 'status');
  return {
    residentBytes: field(text, 'VmRSS'),
    peakBytes: field(text, 'VmHWM'),
    anonymousBytes: field(text, 'RssAnon'),
    sharedBytes: field(text, 'RssShmem'),
    dataBytes: field(text, 'VmData'),
  };
}

/**
 * A process's share: its own pages, and of each page that n processes have in RAM the nth part. The sum over all processes is what
 * they really take. Costs a walk over all pages, some milliseconds.
 * @throws EdgeError `posix.no-process`, `posix.denied` (a process of another user), `posix.unsupported` (before Linux 4.14)
 */
export function proportionalMemory(pid: number): number {
  return field(statusFile(pid, 'smaps_rollup'), 'Pss');
}

/**
 * From now on `peakBytes` counts from what is resident now.
 * @throws EdgeError `posix.no-process`, `posix.denied`
 */
export function resetPeakMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') throw noProcess(pid);
    throw failureOf(`cannot reset the peak memory of process ${pid}`, 'write to clear_refs', thrown);
  }
}

function statusFile(pid: number, name: string): string {
  if (process.platform !== 'linux') {
    throw posixErrors.error('posix.unsupported', `${process.platform} does not tell the memory of a process`);
  }
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ESRCH' || !existsSync(`/proc/${pid}`)) throw noProcess(pid);
    if (code === 'ENOENT')
      throw posixErrors.error('posix.unsupported', `this kernel does not have /proc/<pid>/${name}`);
    throw failureOf(`cannot read the memory of process ${pid}`, `open of ${name}`, thrown);
  }
}

/** A process that has ended but was not waited for has no memory, and no line that tells it. */
function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

function noProcess(pid: number) {
  return posixErrors.error('posix.no-process', `there is no process ${pid}`, { facts: { pid } });
}
