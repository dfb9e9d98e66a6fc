import { execFile } from 'node:child_process';

export interface CommandAnswer {
  /** Undefined if it could not be started, or was ended. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
  /** Why there is no code. */
  readonly problem: string;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1_000_000;

/** Runs a program to its end, ten seconds by default. Never rejects. */
export function runCommand(
  file: string,
  words: readonly string[],
  {
    signal,
    timeoutMs = TIMEOUT_MS,
    environment,
  }: { signal: AbortSignal; timeoutMs?: number; environment?: NodeJS.ProcessEnv },
): Promise<CommandAnswer> {
  return new Promise((resolve) => {
    const options = {
      signal,
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: MAX_BYTES,
      windowsHide: true,
      ...(environment ? { env: environment } : {}),
    };
    const child = execFile(file, [...words], options, (error, out, err) => {
      if (!error) return resolve({ code: 0, out, err, problem: '' });
      const { code, signal: ended, killed } = error;
      if (typeof code === 'number') return resolve({ code, out, err, problem: '' });
      const problem = killed ? `it did not end within ${timeoutMs / 1_000} s` : (ended ?? problemOf(error, file));
      resolve({ code: undefined, out, err, problem });
    });
    child.stdin?.end();
  });
}

function problemOf(error: Error & { readonly code?: unknown }, file: string): string {
  return error.code === 'ENOENT' ? `there is no command ${file}` : error.message;
}
