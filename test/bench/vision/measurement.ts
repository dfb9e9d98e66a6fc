import { readFileSync } from 'node:fs';

/** What each side of a pair reports; the Python peer prints the same keys in its own spelling. */
export interface Measurement {
  readonly imagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakRssMb: number;
}

export function summarize(latenciesMs: readonly number[], elapsedMs: number, peakRssMb: number): Measurement {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
  return { imagesPerSecond: (latenciesMs.length / elapsedMs) * 1000, p50Ms: at(0.5), p99Ms: at(0.99), peakRssMb };
}

/** Highest resident memory that a process has had, in MB; NaN where the system does not tell. */
export function peakRssMb(pid: number | 'self'): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
