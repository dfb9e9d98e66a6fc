import { readFileSync } from 'node:fs';

/** The report of each side of a pair; the Python peer prints the same keys in its own spelling. */
export interface Measurement {
  readonly imagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Highest resident memory of a process; of the agent and its models, what they have at the end, shared pages counted once. */
  readonly memoryMb: number;
  /** Time of all cores together for one image: other load on the machine changes it little. NaN if the system does not tell. */
  readonly cpuMs: number;
}

export function summarize(
  latenciesMs: readonly number[],
  elapsedMs: number,
  used: Pick<Measurement, 'memoryMb' | 'cpuMs'>,
): Measurement {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
  return { imagesPerSecond: (latenciesMs.length / elapsedMs) * 1000, p50Ms: at(0.5), p99Ms: at(0.99), ...used };
}

/** Highest resident memory that a process has had, in MB; NaN if the system does not tell. */
export function peakRssMb(pid: number | 'self'): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(procFile(pid, 'status'))?.[1]) / 1024;
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
