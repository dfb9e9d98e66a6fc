import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { PROJECT } from '../bundle/project.ts';
import type { CommandSpec } from './frame/command.ts';

/** A shell adds this to the number of a signal that ended a process. */
const ENDED_BY_SIGNAL = 128;

export interface ProjectProgram {
  readonly usage: string;
  readonly summary: string;
  readonly help: string;
  /** Relative to the project's folder. It takes the words of the command line as they are, `--help` too. */
  readonly file: string;
}

/** A command that is a separate program: benchmarks and tests are not part of what the command may import. */
export function projectProgram({ file, ...texts }: ProjectProgram): CommandSpec {
  return {
    ...texts,
    // Its own options may come first: `edgeml soak --hours 4`.
    options: (command) => command.allowUnknownOption().passThroughOptions(),
    run: ({ args, signal }) => runProgram(path.join(PROJECT, file), args, signal),
  };
}

/** Resolves with the exit code. */
async function runProgram(file: string, words: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file, ...words], { stdio: 'inherit' });
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
