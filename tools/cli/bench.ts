import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { PROJECT } from '../bundle/project.ts';
import type { CommandSpec } from './frame/command.ts';

const BENCHMARKS = path.join(PROJECT, 'bench/main.ts');
/** What a shell adds to the number of a signal that ended a process. */
const ENDED_BY_SIGNAL = 128;

export const benchCommand: CommandSpec = {
  usage: 'bench [benchmark] [words...]',
  summary: 'measure the collection on this machine; without a benchmark, list them',
  // What follows the benchmark's name is its own, `--help` too.
  options: (command) => command.passThroughOptions(),
  help: '`edgeml bench <benchmark> --help` tells what one of them takes.',
  run: ({ args, signal }) => runBenchmarks(args, signal),
};

/** In a process of its own, since benchmarks are no part of what the command may import. Resolves with its exit code. */
async function runBenchmarks(words: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), BENCHMARKS, ...words], {
    stdio: 'inherit',
  });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  // After Ctrl-C the terminal has told the child already, which takes a second signal for the same.
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [code, endedBy] = await exit;
    return code ?? ENDED_BY_SIGNAL + constants.signals[endedBy ?? 'SIGKILL'];
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
