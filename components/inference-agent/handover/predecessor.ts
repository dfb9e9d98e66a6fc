import { readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { sleep } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { peerProcess, processMemory } from '#packages/posix';
import { isAlive, pidIn, STANDBY_FILE, SUCCESSOR_FILE } from './standby.ts';

/** An agent whose supervisor has gone notices at its next turn; one with much to do takes its time. */
const NOTICE_MS = 3_000;
/** As long as the nucleus gives a process; then it is killed. */
const END_MS = 5_000;
const LOOK_MS = 50;
/** Both together may need more memory than the first one has now. */
const HEADROOM = 1.25;

/** The agent that was stopped and still answers. */
export interface Predecessor {
  readonly pid: number;
  /** Of it and its models, in bytes. */
  readonly memoryBytes: number;
  /** Lets it answer what it has taken, then end. Resolves once it is gone. */
  end(): Promise<void>;
}

export interface PredecessorOptions {
  readonly workFolder: string;
  /** Socket for inference. */
  readonly socketPath: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Looks for an agent that answers in this one's place, and tells it that a successor is here, so that it stays. Undefined if there is none;
 * an agent that serves on the socket without having been stopped is none.
 */
export async function findPredecessor(options: PredecessorOptions): Promise<Predecessor | undefined> {
  const { workFolder, socketPath, clock, log } = options;
  await writeFile(join(workFolder, SUCCESSOR_FILE), String(process.pid), { mode: 0o600 });
  const until = clock.monotonic() + NOTICE_MS;
  for (;;) {
    const listener = await listenerOf(socketPath);
    if (listener === undefined) break;
    const pid = await pidIn(join(workFolder, STANDBY_FILE));
    if (pid === listener && pid !== process.pid) {
      log.info({ pid }, 'predecessor.found');
      const end = async (): Promise<void> => {
        await endProcess(pid, clock, log);
        await forget(workFolder);
      };
      return { pid, memoryBytes: memoryOfTree(pid), end };
    }
    if (clock.monotonic() >= until) break;
    await sleep(clock, LOOK_MS);
  }
  await forget(workFolder);
  return undefined;
}

async function forget(workFolder: string): Promise<void> {
  await Promise.all([STANDBY_FILE, SUCCESSOR_FILE].map((file) => rm(join(workFolder, file), { force: true })));
}

/** Whether the models of both fit into memory for the time of the handover. */
export function fitsBeside({ memoryBytes }: Pick<Predecessor, 'memoryBytes'>, availableBytes: number): boolean {
  return availableBytes >= HEADROOM * memoryBytes;
}

async function endProcess(pid: number, clock: Clock, log: Logger): Promise<void> {
  signal(pid, 'SIGTERM');
  const until = clock.monotonic() + END_MS;
  while (isAlive(pid) && clock.monotonic() < until) await sleep(clock, LOOK_MS);
  const late = isAlive(pid);
  if (late) signal(pid, 'SIGKILL');
  log.info({ pid, killed: late }, 'predecessor.ended');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

/** Process that listens on a Unix socket; 0 if the system does not tell, undefined if nobody does. */
function listenerOf(path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      const fd = (socket as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
      const pid = fd === undefined ? undefined : peerProcess(fd)?.pid;
      socket.destroy();
      resolve(pid ?? 0);
    });
  });
}

/** Resident, shared pages counted in each process: rather too much. */
function memoryOfTree(root: number): number {
  const parents = new Map(
    readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [[Number(name), parentOf(name)] as const] : [])),
  );
  const isBelow = (pid: number | undefined): boolean =>
    pid === root || (pid !== undefined && pid > 1 && isBelow(parents.get(pid)));
  let bytes = 0;
  for (const pid of parents.keys()) {
    if (!isBelow(pid)) continue;
    try {
      bytes += processMemory(pid).residentBytes;
    } catch {
      // It ended meanwhile.
    }
  }
  return bytes;
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
