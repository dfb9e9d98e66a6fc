import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { hashOf } from './input.ts';
import { InputsAtWork } from './inputs-at-work.ts';

const MODEL = 'a'.repeat(64);
let memory: Awaited<ReturnType<typeof temporaryFolder>>;

beforeEach(async () => (memory = await temporaryFolder()));
afterEach(() => memory.remove());

/** As an agent opens it that was just started. */
function opened(workFolder = '/work'): InputsAtWork {
  const atWork = InputsAtWork.open(workFolder, memory.path);
  if (!atWork) throw new Error('it must open');
  return atWork;
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
    expect(leftTo(opened())).toEqual([{ packageHash: MODEL, keep: false, text: 'two tensors' }]);
    expect(leftTo(opened())).toEqual([]);
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
    const [folder = ''] = await readdir(memory.path);
    expect(await readdir(join(memory.path, folder))).toHaveLength(1);
    expect(leftTo(opened())).toMatchObject([{ text: 's' }]);
  });

  it('keeps agents of other work folders apart', () => {
    opened('/one').begin(MODEL, input('of one'), true);
    expect(leftTo(opened('/other'))).toEqual([]);
    expect(leftTo(opened('/one'))).toHaveLength(1);
  });

  it('notes the hash of what is large, and a copy of nothing', async () => {
    const large = [new Uint8Array(3 * 1024 ** 2).fill(7), ...input('end')];
    const agent = opened();
    agent.begin(MODEL, large, true)();
    agent.begin(MODEL, large, true);
    const [folder = ''] = await readdir(memory.path);
    const [file = ''] = await readdir(join(memory.path, folder));
    expect((await stat(join(memory.path, folder, file))).size).toBeLessThan(1_000);
    expect(leftTo(opened())).toEqual([
      { packageHash: MODEL, keep: true, bytes: 3 * 1024 ** 2 + 3, sha256: hashOf(large) },
    ]);
  });

  it('believes nothing that is damaged, and no folder that others could have written into', async () => {
    opened().begin(MODEL, input('bright'), true);
    const [folder = ''] = await readdir(memory.path);
    const path = join(memory.path, folder);
    const damaged = ['', 'text', '\x01\0\0\0\xff\0\0\0{}', '\x01\0\0\0\x02\0\0\0{}'];
    await Promise.all(damaged.map((text, index) => writeFile(join(path, String(7 + index)), text, 'latin1')));
    expect(leftTo(opened())).toMatchObject([{ text: 'bright' }]);
    opened().begin(MODEL, input('bright'), true);
    await chmod(path, 0o770);
    expect(InputsAtWork.open('/work', memory.path)).toBeUndefined();
    expect(InputsAtWork.open('/work', join(memory.path, 'nowhere'))).toBeUndefined();
  });
});
