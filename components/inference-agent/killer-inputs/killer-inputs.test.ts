import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { hashOf } from './input.ts';
import { KILLER_BOUNDS, KillerInputs } from './killer-inputs.ts';

const MODEL = 'a'.repeat(64);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let killers: KillerInputs;

beforeEach(async () => {
  folder = await temporaryFolder();
  killers = await restarted();
});
afterEach(() => folder.remove());

async function restarted(): Promise<KillerInputs> {
  const store = new KillerInputs({ folder: join(folder.path, 'killers'), clock: new FakeClock(), log: silentLogger });
  await store.open();
  return store;
}

const picture = (text: string) => [new TextEncoder().encode(text)];

async function killedBy(text: string, times: number, keep = true): Promise<void> {
  for (let time = 0; time < times; time++) killers.record(MODEL, picture(text), 'it was ended by SIGFPE', keep);
  await killers.idle();
}

const files = () => readdir(join(folder.path, 'killers'));

describe('KillerInputs', () => {
  it('refuses an input after its second death, and only that one', async () => {
    await killedBy('bright', 1);
    expect(killers.mayHold(MODEL, 6)).toBe(false);
    expect(killers.refusal(MODEL, picture('bright'))).toBeUndefined();
    await killedBy('bright', 1);
    expect(killers.refusal(MODEL, picture('bright'))).toMatchObject({
      code: 'input.kills-model',
      message: expect.stringContaining('ended 2 processes of the model') as string,
      facts: { bytes: 6, deaths: 2 },
    });
    expect(killers.refusal(MODEL, picture('darker'))).toBeUndefined();
    expect([6, 7].map((bytes) => killers.mayHold(MODEL, bytes))).toEqual([true, false]);
  });

  it('suspects an input no more once the package has answered it', async () => {
    await killedBy('bright', 1);
    const [entry] = killers.of(MODEL);
    expect([6, 7].map((bytes) => killers.maySuspect(MODEL, bytes))).toEqual([true, false]);
    killers.acquit(MODEL, entry?.sha256 ?? '');
    await killers.idle();
    expect((await restarted()).of(MODEL)).toEqual([]);
    expect(await files()).toEqual(['index.json']);
  });

  it('knows an input by its hash alone', async () => {
    const input = { bytes: 6, sha256: hashOf(picture('bright')) };
    for (let death = 0; death < 2; death++) killers.record(MODEL, input, 'the agent ended', true);
    await killers.idle();
    expect((await restarted()).refusal(MODEL, picture('bright'))).toMatchObject({ code: 'input.kills-model' });
    expect(killers.of(MODEL)).toMatchObject([{ deaths: 2, kept: false }]);
    expect(await files()).toEqual(['index.json']);
  });

  it('lets another version of the model run it', async () => {
    await killedBy('bright', 2);
    expect(killers.mayHold('b'.repeat(64), 6)).toBe(false);
    expect(killers.refusal('b'.repeat(64), picture('bright'))).toBeUndefined();
  });

  it('knows tensors by all of their bytes, in order', async () => {
    const parts = [...picture('one'), ...picture('two')];
    killers.record(MODEL, parts, 'it was ended by SIGSEGV', true);
    killers.record(MODEL, parts, 'it was ended by SIGSEGV', true);
    expect(killers.refusal(MODEL, parts)).toBeDefined();
    expect(killers.refusal(MODEL, parts.toReversed())).toBeUndefined();
    await killers.idle();
  });

  it('remembers it after a restart of the agent, and keeps its bytes for their owner alone', async () => {
    await killedBy('bright', 2);
    const [{ sha256 = '' } = {}] = killers.of(MODEL);
    killers = await restarted();
    expect(killers.refusal(MODEL, picture('bright'))).toMatchObject({ code: 'input.kills-model' });
    const file = join(folder.path, 'killers', sha256);
    expect(await readFile(file, 'utf8')).toBe('bright');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('keeps no more than the hash if the service says so', async () => {
    await killedBy('private', 2, false);
    expect(killers.of(MODEL)).toMatchObject([{ deaths: 2, kept: false }]);
    expect(await files()).toEqual(['index.json']);
    expect(killers.refusal(MODEL, picture('private'))).toBeDefined();
  });

  it('forgets first what killed once, and its file with it', async () => {
    await killedBy('worst', 2);
    for (let index = 0; index < KILLER_BOUNDS.inputs + 3; index++) await killedBy(`once ${index}`, 1);
    expect(killers.of(MODEL)).toHaveLength(KILLER_BOUNDS.inputs);
    expect(killers.refusal(MODEL, picture('worst'))).toBeDefined();
    expect(await files()).toHaveLength(KILLER_BOUNDS.inputs + 1);
  });

  it('gives the oldest files up beyond its bytes, but remembers their hashes', async () => {
    const large = (value: number) => [new Uint8Array(0.4 * KILLER_BOUNDS.bytes).fill(value)];
    for (const value of [1, 2, 3]) killers.record(MODEL, large(value), 'it was ended by SIGABRT', true);
    await killers.idle();
    expect(killers.of(MODEL).map(({ kept }) => kept)).toEqual([false, true, true]);
    expect(await files()).toHaveLength(3);
  });

  it('starts without it if its index cannot be read, and removes what nobody remembers', async () => {
    await killedBy('bright', 2);
    await writeFile(join(folder.path, 'killers', 'index.json'), '[{ damaged');
    killers = await restarted();
    expect(killers.of(MODEL)).toEqual([]);
    expect(await files()).toEqual(['index.json']);
    await killedBy('bright', 2);
    expect(killers.refusal(MODEL, picture('bright'))).toBeDefined();
  });

  it('holds until the agent ends if the disk does not take it', async () => {
    await writeFile(join(folder.path, 'killers'), 'a file in its place');
    await killedBy('bright', 2);
    expect(killers.refusal(MODEL, picture('bright'))).toBeDefined();
  });
});
