import { readFileSync } from 'node:fs';

/** The report of each side of a pair; the Python peer prints the same keys in its own spelling. */
export interface Measurement {
  readonly imagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakRssMb: number;
  /** Time of all cores together for one image: other load on the machine changes it little. NaN if the system does not tell. */
  readonly cpuMs: number;
}

export function summarize(
  latenciesMs: readonly number[],
  elapsedMs: number,
  used: Pick<Measurement, 'peakRssMb' | 'cpuMs'>,
): Measurement {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
  return { imagesPerSecond: (latenciesMs.length / elapsedMs) * 1000, p50Ms: at(0.5), p99Ms: at(0.99), ...used };
}

/** Highest resident memory that a process has had, in MB; NaN if the system does not tell. */
export function peakRssMb(pid: number | 'self'): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(procFile(pid, 'status'))?.[1]) / 1024;
}

/** `USER_HZ` of proc(5), which is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** Time that a process has spent on all cores since its start, in ms; NaN if the system does not tell. */
export function cpuOfProcess(pid: number): number {
  // Fields 14 and 15, counted from behind the name, which may hold spaces.
  const fields = procFile(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The same of this process. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? NaN;
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

function procFile(pid: number | 'self', name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
