import type { FuzzTarget } from './fuzz-target.ts';

export interface Finding {
  /** The fault, in one line. */
  readonly what: string;
  /** Two findings with the same key have the same cause, most likely. */
  readonly key: string;
  readonly stack: string;
  readonly input: Uint8Array;
}

/** Of processor time, so that a busy machine does not make a parser slow. */
const MAX_CPU_MS = 1_000;
const MAX_GROWTH_BYTES = 200_000_000;

/** Runs one input. @returns what was wrong with it, if anything was */
export async function runInput(target: FuzzTarget, input: Uint8Array): Promise<Finding | undefined> {
  const [cpu, memory] = [process.cpuUsage(), process.memoryUsage.rss()];
  try {
    await target.run(input);
  } catch (error) {
    return thrownFinding(error, input);
  }
  const { user, system } = process.cpuUsage(cpu);
  const tookMs = (user + system) / 1_000;
  if (tookMs > MAX_CPU_MS)
    return { what: `it took ${Math.round(tookMs)} ms of processor time`, key: 'slow', stack: '', input };
  const grown = process.memoryUsage.rss() - memory;
  if (grown > MAX_GROWTH_BYTES) {
    return { what: `it took ${Math.round(grown / 1e6)} MB of memory`, key: 'memory', stack: '', input };
  }
  return undefined;
}

function thrownFinding(error: unknown, input: Uint8Array): Finding {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('node:'));
  const what = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : String(error);
  return { what, key: places.slice(0, 2).join('') || what, stack, input };
}
