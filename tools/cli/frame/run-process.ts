import process from 'node:process';

/** The process around a command line: signals, a reader that went away, the exit code that `run` resolves with. */
export async function runProcess(run: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  stopWithNpm(stop);
  process.stdout.on('error', endQuietly);
  const code = await run(abort.signal);
  // A native library may hold the event loop; what was written must be out first.
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit(code);
}

const PARENT_CHECK_MS = 500;

/**
 * `npm start` puts a shell between itself and this process, and a shell that is killed does not pass the signal on.
 * So where npm started us, we stop when that shell is gone.
 */
function stopWithNpm(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  timer.unref();
}

/** `edgeml … | head` closes our stdout: that is not a fault. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
