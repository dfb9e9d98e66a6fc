import { readFile, rm } from 'node:fs/promises';
import type { RunTimes } from '../session.ts';
import { providerNamed } from './plug-ins.ts';

/** An event of ONNX Runtime's profile, a JSON array in the trace event format of Chromium; times are in microseconds. */
interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly provider?: string };
}

/** Reads the profile of a session and removes the file. Undefined if the session never ran. */
export async function readProfile(file: string): Promise<RunTimes | undefined> {
  try {
    return runTimesOf(JSON.parse(await readFile(file, 'utf8')) as readonly ProfileEvent[]);
  } finally {
    await rm(file, { force: true });
  }
}

/**
 * The last run of a profile. Only the nodes of the CPU are measured where they run: a graphics card works on after its kernel was sent,
 * and a later copy waits for it, so that the time of single nodes there says nothing.
 */
export function runTimesOf(events: readonly ProfileEvent[]): RunTimes | undefined {
  const runs = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const last = runs.at(-1);
  if (!last) return undefined;
  const isInLast = ({ ts }: ProfileEvent): boolean => ts >= last.ts && ts <= last.ts + last.dur;
  const nodes = events.filter(({ cat, name }) => cat === 'Node' && name?.endsWith('_kernel_time'));
  const counts: Record<string, number> = {};
  let cpu = 0;
  for (const { args, dur } of nodes.filter(isInLast)) {
    const provider = providerNamed(args?.provider ?? '');
    counts[provider] = (counts[provider] ?? 0) + 1;
    if (provider === 'cpu') cpu += dur;
  }
  return { wholeMs: last.dur / 1_000, cpuMs: Math.min(cpu, last.dur) / 1_000, nodes: counts };
}
