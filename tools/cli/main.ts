import process from 'node:process';
import { processIo } from './frame/io.ts';
import { runProgram } from './program.ts';

/** The process around a command line: signals, a reader that went away, the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.stdout.on('error', endQuietly);
  const code = await runProgram(argv.slice(2), processIo, abort.signal);
  // A native library may hold the event loop; what was written must be out first.
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit(code);
}

/** `edgeml … | head` closes our stdout: that is no fault. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
