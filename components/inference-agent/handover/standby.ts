import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

/** Names the agent that has been stopped and answers until another takes its socket. */
export const STANDBY_FILE = 'standby';
/** Names the agent that is about to take the socket. */
export const SUCCESSOR_FILE = 'successor';

/**
 * Until then a nucleus that continues with this component has started it again. Measured on two cores: 1 to 3 s, and with twenty busy
 * processes beside it 16 s on nucleus lite.
 */
const SUCCESSOR_MS = 60_000;
/** The successor loads and tests every model first, which takes minutes on the slowest devices. */
const TAKEOVER_MS = 15 * 60_000;
const LOOK_MS = 100;

export type StandbyEnd = 'taken-over' | 'no-successor' | 'successor-failed' | 'too-slow';

export interface StandbyOptions {
  readonly workFolder: string;
  /** Socket on which this agent answers. */
  readonly socketPath: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Whether a process lives. Default: asks the system. */
  readonly lives?: (pid: number) => boolean;
}

/**
 * Waits while this agent, which was stopped, is the only one that answers: until a successor has taken the socket, or none comes.
 * @throws the signal's reason
 */
export async function standBy({
  workFolder,
  socketPath,
  clock,
  signal,
  lives = isAlive,
}: StandbyOptions): Promise<StandbyEnd> {
  const own = await inodeOf(socketPath);
  await writeFile(join(workFolder, STANDBY_FILE), String(process.pid), { mode: 0o600 });
  const since = clock.monotonic();
  for (;;) {
    if ((await inodeOf(socketPath)) !== own) return 'taken-over';
    const successor = await pidIn(join(workFolder, SUCCESSOR_FILE));
    const waitedMs = clock.monotonic() - since;
    if (successor === undefined || successor === process.pid || !lives(successor)) {
      if (waitedMs >= SUCCESSOR_MS) return successor === undefined ? 'no-successor' : 'successor-failed';
    } else if (waitedMs >= TAKEOVER_MS) return 'too-slow';
    await sleep(clock, LOOK_MS, signal);
  }
}

/** Process id in a file of one number; undefined if there is none. */
export async function pidIn(file: string): Promise<number | undefined> {
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino;
}
