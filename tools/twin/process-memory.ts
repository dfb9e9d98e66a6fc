import { readFileSync, readlinkSync } from 'node:fs';
import { processTable } from '../local-core/lifecycle/process-table.ts';

export interface ComponentMemory {
  readonly processes: number;
  readonly peakBytes: number;
}

/**
 * Largest resident set so far of the processes that work in a folder, which is how components are started. Linux only;
 * undefined elsewhere.
 */
export function memoryOf(folder: string): ComponentMemory | undefined {
  if (process.platform !== 'linux') return undefined;
  const peaks = processTable().flatMap(({ pid }) => (workingDirectory(pid) === folder ? (peakOf(pid) ?? []) : []));
  return { processes: peaks.length, peakBytes: peaks.reduce((sum, bytes) => sum + bytes, 0) };
}

/** Undefined if the process has ended meanwhile. */
function peakOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
