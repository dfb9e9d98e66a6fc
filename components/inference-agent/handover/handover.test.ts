import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { listenOnSocket } from '#packages/http';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { findPredecessor, fitsBeside } from './predecessor.ts';
import { standBy, STANDBY_FILE, SUCCESSOR_FILE } from './standby.ts';
import { supervision } from './supervision.ts';

const SECOND = 1_000;
/** No process has it: the kernel's limit is 4,194,304. */
const NOBODY = 99_999_999;

let folder: string;
let socketPath: string;
let server: Server;
let clock: FakeClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeml-handover-'));
  socketPath = join(folder, 'agent.sock');
  server = createServer();
  await listenOnSocket(server, socketPath);
  clock = new FakeClock();
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Lets time pass in steps until the promise has settled. */
async function after<T>(seconds: number, work: Promise<T>): Promise<T | 'still waiting'> {
  let outcome: T | 'still waiting' = 'still waiting';
  void work.then((value) => (outcome = value));
  for (let ms = 0; ms < seconds * SECOND && outcome === 'still waiting'; ms += 100) {
    // Each look reads two files: real work between two steps of a clock that stands still.
    await until(() => clock.pending > 0 || outcome !== 'still waiting');
    await clock.advance(100);
  }
  await until(() => clock.pending > 0 || outcome !== 'still waiting');
  return outcome;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('an agent that was stopped', () => {
  const stand = () => standBy({ workFolder: folder, socketPath, clock, lives: (pid) => pid !== NOBODY });

  it('gives up when no successor comes', async () => {
    const standing = stand();
    expect(await after(59, standing)).toBe('still waiting');
    expect(await after(2, standing)).toBe('no-successor');
  });

  it('waits for a successor that lives, however slowly its models come, and goes when it has taken the socket', async () => {
    const standing = stand();
    await writeFile(join(folder, SUCCESSOR_FILE), '4711');
    expect(await after(90, standing)).toBe('still waiting');

    const other = createServer();
    await listenOnSocket(other, socketPath, 0o660, true);
    expect(await after(1, standing)).toBe('taken-over');
    other.close();
  });

  it('gives up when the successor has died', async () => {
    await writeFile(join(folder, SUCCESSOR_FILE), String(NOBODY));
    expect(await after(61, stand())).toBe('successor-failed');
  });

  it('goes when its folder is gone', async () => {
    const standing = stand();
    await after(0.2, standing);
    await rm(socketPath);
    expect(await after(1, standing)).toBe('taken-over');
  });
});

describe('an agent that starts', () => {
  const find = () => findPredecessor({ workFolder: folder, socketPath, clock, log: silentLogger });

  it('finds none if nobody listens', async () => {
    server.close();
    expect(await find()).toBeUndefined();
  });

  it('announces itself; takes an agent that serves for none, since it was not stopped', async () => {
    await writeFile(join(folder, STANDBY_FILE), '4711');
    const finding = find();
    expect(await after(1, finding)).toBe('still waiting');
    expect(await readFile(join(folder, SUCCESSOR_FILE), 'utf8')).toBe(String(process.pid));
    expect(await after(4, finding)).toBeUndefined();
  });

  it('finds room for both only if the models of both fit', () => {
    expect(fitsBeside({ memoryBytes: 400 }, 500)).toBe(true);
    expect(fitsBeside({ memoryBytes: 400 }, 499)).toBe(false);
  });
});

describe('a supervisor', () => {
  it('is missed when its end of the pipe closes', async () => {
    const life = new PassThrough();
    const supervisor = supervision({ version: 'v', workFolder: folder, life, log: silentLogger });
    const gone = new Promise<string>((resolve) => supervisor?.onGone(() => resolve('gone')));
    life.end();
    expect(await gone).toBe('gone');
  });

  it('is told which version serves', async () => {
    await supervision({ version: '/agent/1.2.0/run.sh', workFolder: folder, log: silentLogger })?.proven();
    expect(await readFile(join(folder, 'proven'), 'utf8')).toBe('/agent/1.2.0/run.sh');
  });

  it('is nobody if the agent was started by hand', () => {
    expect(supervision({ version: undefined, workFolder: folder, log: silentLogger })).toBeUndefined();
  });
});
