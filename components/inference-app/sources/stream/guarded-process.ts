import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { childEnvironment } from '#packages/foundation';

export interface GuardedProcess {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined;
  /** Undefined if it writes to a descriptor. */
  readonly stdout: Readable | undefined;
  readonly stderr: Readable;
  /** Its `EXTRA_OUTPUT`, if it was started with one. */
  readonly extra: Readable | undefined;
  /** Resolves when the process has ended and its output was read. */
  readonly ended: Promise<ProcessEnd>;
  /** SIGTERM, a second later SIGKILL; resolves when it has ended. Idempotent. */
  stop(): Promise<ProcessEnd>;
  /** SIGKILL, without a chance to say anything more; resolves when it has ended. Idempotent. */
  kill(): Promise<ProcessEnd>;
}

/** Descriptor of the command. */
export const EXTRA_OUTPUT = 4;

export interface GuardedOptions {
  readonly output?: number | undefined;
  readonly input?: string | undefined;
  readonly hasExtra?: boolean | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

export type ProcessEnd =
  | { readonly kind: 'ended'; readonly code: number }
  /** There is no such command, or this user may not run it. */
  | { readonly kind: 'not-started'; readonly reason: string };

/**
 * Starts a command that cannot outlive this process, however this process ends: its guard, a shell, reads from a pipe that only we
 * hold, and ends the command, and whatever that has started, when the pipe closes. (On Windows libuv's job object does the same.)
 *
 * @param options.output descriptor that it writes to. Default: `stdout` of the result
 * @param options.hasExtra whether it writes to `EXTRA_OUTPUT` too; not on Windows, which does not pass on other descriptors
 * @param options.environment over what it gets of ours; undefined values take a variable away
 * @param options.input its standard input: the place for secrets, which the process list must not show. Default: nothing
 */
export function startGuarded(
  command: string,
  words: readonly string[],
  { output, input, hasExtra = false, environment = {} }: GuardedOptions = {},
): GuardedProcess {
  const isWindows = process.platform === 'win32';
  const env = { ...untuned(childEnvironment()), ...environment };
  const own = ['pipe', output ?? 'pipe', 'pipe'] as const;
  const given = [input === undefined ? 'ignore' : 'pipe', hasExtra ? 'pipe' : 'ignore'] as const;
  const stdio: StdioOptions = isWindows ? [...own] : [...own, ...given];
  const child: ChildProcess = isWindows
    ? spawn(command, words, { stdio, env, windowsHide: true })
    : spawn('/bin/sh', ['-c', guard(input === undefined ? '/dev/null' : '&3'), 'sh', command, ...words], {
        stdio,
        env,
        detached: true,
      });
  // The guard may be gone before we close the pipe.
  child.stdin?.on('error', () => undefined);
  const reader = (isWindows ? child.stdin : child.stdio[3]) as Writable | null | undefined;
  if (input !== undefined) reader?.on('error', () => undefined).end(input);
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (thrown) => resolve({ kind: 'not-started', reason: thrown.message }));
    child.once('close', (code) => resolve(endOf(command, code ?? 255)));
  });
  return {
    pid: child.pid,
    stdout: child.stdout ?? undefined,
    // A pipe, as asked for above.
    stderr: child.stderr!,
    extra: hasExtra && !isWindows ? (child.stdio[EXTRA_OUTPUT] as Readable) : undefined,
    ended,
    stop: () => {
      if (isWindows) child.kill();
      else child.stdin?.destroy();
      return ended;
    },
    kill: () => {
      if (isWindows) child.kill();
      else if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(child.pid);
      return ended;
    },
  };
}

/** The guard leads a process group of its own. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/**
 * `read` ends when the pipe's other end closes: we are gone, or want no more, or the command has ended and Node.js closes it. All that
 * runs is one process group, 0 to those in it. A stopped process (SIGSTOP) takes no SIGTERM, hence SIGKILL after it. The shell itself
 * waits on when SIGTERM interrupts it, with a trap, since the command would inherit that a signal is ignored.
 */
const guard = (standardInput: '/dev/null' | '&3'): string => `
exec 9<&0
trap : TERM
"$@" <${standardInput} 3<&- 9<&- &
child=$!
{ trap '' TERM; read -r _ <&9; kill -TERM 0; sleep 1; kill -KILL 0; } 3<&- 4>&- >/dev/null 2>&1 &
exec 3<&- 4>&- 9<&-
wait $child
code=$?
while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
exit $code`;

/**
 * Without what the recipe sets for the memory of our own process. With its `MALLOC_MMAP_THRESHOLD_`, ffmpeg has the kernel map and
 * clear 3 MB for each frame: 700 page faults, more work than handing the frame over.
 */
function untuned(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(MALLOC_.*|NODE_OPTIONS)$/.test(name)));
}

/** Exit codes of a POSIX shell for a command that it cannot run (POSIX, "Shell Command Language", exit status for commands). */
function endOf(command: string, code: number): ProcessEnd {
  if (process.platform === 'win32' || (code !== 126 && code !== 127)) return { kind: 'ended', code };
  const reason = code === 127 ? `there is no command ${command}` : `${command} cannot be executed`;
  return { kind: 'not-started', reason };
}
