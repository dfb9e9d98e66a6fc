import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow } from '#packages/foundation';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { hashOf } from './input.ts';
import { InputsAtWork } from './inputs-at-work.ts';

const MODEL = 'a'.repeat(64);
let memory: Awaited<ReturnType<typeof temporaryFolder>>;

beforeEach(async () => (memory = await temporaryFolder()));
afterEach(() => memory.remove());

/** As an agent opens it that was just started. */
function opened(workFolder = '/work'): InputsAtWork {
  const atWork = InputsAtWork.open({ workFolder, now: Date.now(), sharedMemory: memory.path });
  if (!atWork) throw new Error('it must open');
  return atWork;
}

/** All agents so far die: the system closes their files. */
function die(): void {
  for (const fd of readdirSync('/proc/self/fd')) {
    if (linkOf(`/proc/self/fd/${fd}`).startsWith(memory.path)) closeSync(Number(fd));
  }
}

/** Empty for the descriptor with which the folder itself was read. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** What the next agent finds once all so far have died. */
function found(workFolder?: string) {
  die();
  return leftTo(opened(workFolder));
}

/** Files that notes are in. */
async function notes(): Promise<readonly string[]> {
  const files = await filesBelow(memory.path);
  return files.filter((file) => !file.endsWith('/owner')).map((file) => join(memory.path, file));
}

const input = (text: string) => [new TextEncoder().encode(text)];
const leftTo = (agent: InputsAtWork) =>
  agent.left.map(({ packageHash, keep, input: left }) => ({
    packageHash,
    keep,
    ...('sha256' in left ? left : { text: Buffer.concat([...left]).toString() }),
  }));

describe.runIf(process.platform === 'linux')('InputsAtWork', () => {
  it('tells the next agent what was at work, once', () => {
    const agent = opened();
    const done = agent.begin(MODEL, input('answered'), true);
    agent.begin(MODEL, [...input('two '), ...input('tensors')], false);
    done();
    expect(found()).toEqual([{ packageHash: MODEL, keep: false, text: 'two tensors' }]);
    expect(found()).toEqual([]);
  });

  it('makes a folder with the first input, and none before', async () => {
    const agent = opened();
    expect(await readdir(memory.path)).toEqual([]);
    agent.begin(MODEL, input('one'), true)();
    expect(await readdir(memory.path)).toHaveLength(1);
  });

  it('uses the place of an input that was answered for the next one, whatever its size', async () => {
    const agent = opened();
    for (const text of ['a long one', 'short']) agent.begin(MODEL, input(text), true)();
    agent.begin(MODEL, input('s'), true);
    expect(await notes()).toHaveLength(1);
    expect(found()).toMatchObject([{ text: 's' }]);
  });

  it('keeps agents of other work folders apart', () => {
    opened('/one').begin(MODEL, input('of one'), true);
    expect(found('/other')).toEqual([]);
    expect(found('/one')).toHaveLength(1);
  });

  it('notes the hash of what is large, and a copy of nothing', async () => {
    const large = [new Uint8Array(3 * 1024 ** 2).fill(7), ...input('end')];
    const agent = opened();
    agent.begin(MODEL, large, true)();
    agent.begin(MODEL, large, true);
    const [note = ''] = await notes();
    expect((await stat(note)).size).toBeLessThan(1_000);
    expect(found()).toEqual([{ packageHash: MODEL, keep: true, bytes: 3 * 1024 ** 2 + 3, sha256: hashOf(large) }]);
  });

  it('believes nothing that is damaged, and no folder that others could have written into', async () => {
    const folderOf = async () => {
      opened().begin(MODEL, input('bright'), true);
      const [name = ''] = await readdir(memory.path);
      return join(memory.path, name);
    };
    const path = await folderOf();
    const damaged = ['', 'text', '\x01\0\0\0\xff\0\0\0{}', '\x01\0\0\0\x02\0\0\0{}'];
    await Promise.all(damaged.map((text, index) => writeFile(join(path, String(7 + index)), text, 'latin1')));
    expect(found()).toMatchObject([{ text: 'bright' }]);
    await chmod(await folderOf(), 0o770);
    expect(found()).toEqual([]);
    const sharedMemory = join(memory.path, 'nowhere');
    expect(InputsAtWork.open({ workFolder: '/work', now: Date.now(), sharedMemory })).toBeUndefined();
  });

  it('leaves nothing of an agent that has ended in order', async () => {
    const agent = opened();
    agent.begin(MODEL, input('answered'), true)();
    agent.close();
    agent.close();
    expect(await readdir(memory.path)).toEqual([]);
    agent.begin(MODEL, input('too late'), true)();
    expect(await readdir(memory.path)).toEqual([]);
  });

  it('leaves what a thread is still at when its agent ends', () => {
    const agent = opened();
    agent.begin(MODEL, input('answered'), true)();
    agent.begin(MODEL, input('stuck'), true);
    agent.close();
    expect(found()).toMatchObject([{ text: 'stuck' }]);
  });

  it('takes nothing from an agent that still answers, and leaves its successor what it notes', async () => {
    const agent = opened();
    const done = agent.begin(MODEL, input('of the first'), true);
    const successor = opened();
    expect(leftTo(successor)).toEqual([]);
    successor.begin(MODEL, input('of the successor'), true);
    done();
    agent.close();
    expect(found()).toMatchObject([{ text: 'of the successor' }]);
    expect(await readdir(memory.path)).toEqual([]);
  });
});
