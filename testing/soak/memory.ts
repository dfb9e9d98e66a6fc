export interface MemorySample {
  readonly seconds: number;
  readonly bytes: number;
}

export interface MemoryFigures {
  /** MB of 1,000,000 bytes, resident. */
  readonly firstMB: number;
  readonly lastMB: number;
  readonly maxMB: number;
  /** Least squares over the second half of the run, MB per hour. */
  readonly slopeMBPerHour: number;
}

export function memoryFigures(samples: readonly MemorySample[]): MemoryFigures {
  const half = samples.slice(Math.floor(samples.length / 2));
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  return {
    firstMB: megabytes(median(samples.slice(0, quarter).map(({ bytes }) => bytes))),
    lastMB: megabytes(median(samples.slice(-quarter).map(({ bytes }) => bytes))),
    maxMB: megabytes(Math.max(...samples.map(({ bytes }) => bytes))),
    slopeMBPerHour: Math.round((slope(half) * 3_600) / 1e5) / 10,
  };
}

/** Bytes per second. */
function slope(samples: readonly MemorySample[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [t, b] = [mean(samples.map(({ seconds }) => seconds)), mean(samples.map(({ bytes }) => bytes))];
  const spread = samples.reduce((sum, { seconds }) => sum + (seconds - t) ** 2, 0);
  return spread === 0 ? 0 : samples.reduce((sum, { seconds, bytes }) => sum + (seconds - t) * (bytes - b), 0) / spread;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
