import { readdirSync, readFileSync } from 'node:fs';
import { quantile } from '#packages/foundation';
import { memoryOfFamily } from '../process/process-facts.ts';
import type { Received } from '../device/inboxed.ts';
import type { Role, SoakSample } from './series.ts';

export interface LookedAt {
  readonly seconds: number;
  readonly pids: Readonly<Record<Role, number | undefined>>;
  /** Results since the sample before. */
  readonly results: readonly Received[];
  readonly periodSeconds: number;
  readonly waiting: number | undefined;
  /** Bytes that a process has told. */
  readonly liveHeap: (pid: number) => number | undefined;
}

/** One sample of the curves. Nothing is noted of a process that is gone. */
export function lookAtDevice({ seconds, pids, results, periodSeconds, waiting, liveHeap }: LookedAt): SoakSample {
  const latencies = results.flatMap(({ body }) => {
    const total = (body['timings'] as { readonly totalMs?: number } | undefined)?.totalMs;
    return total === undefined ? [] : [total];
  });
  return {
    seconds,
    memoryMB: byRole(pids, (pid) => Math.round(memoryOfFamily(pid) / 1e5) / 10),
    liveHeapMB: byRole(pids, (pid) => Math.round((liveHeap(pid) ?? 0) / 1e4) / 100),
    pids: byRole(pids, (pid) => pid),
    descriptors: byRole(pids, (pid) => readdirSync(`/proc/${pid}/fd`).length),
    threads: byRole(pids, threadsOf),
    ...(latencies.length > 0 ? { latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) } } : {}),
    resultsPerSecond: results.length / periodSeconds,
    ...(waiting === undefined ? {} : { waiting }),
  };
}

function byRole(pids: LookedAt['pids'], read: (pid: number) => number): Readonly<Partial<Record<Role, number>>> {
  return Object.fromEntries(
    Object.entries(pids).flatMap(([role, pid]) => {
      try {
        const value = pid === undefined ? 0 : read(pid);
        return value > 0 ? [[role, value]] : [];
      } catch {
        return []; // it ended meanwhile
      }
    }),
  );
}

function threadsOf(pid: number): number {
  return Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
}
