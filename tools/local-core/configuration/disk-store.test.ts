import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { DiskConfigurationStore } from './disk-store.ts';
import type { ConfigurationUpdate } from './update.ts';

let folder: string;
const opened: DiskConfigurationStore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-configuration-'));
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.flush();
  await rm(folder, { recursive: true, force: true });
});

async function open(options: { strictLite?: boolean; lastDone?: string } = {}): Promise<DiskConfigurationStore> {
  const { store } = await DiskConfigurationStore.open(folder, { log: silentLogger, ...options });
  opened.push(store);
  return store;
}

function update(change: Partial<ConfigurationUpdate>): ConfigurationUpdate {
  return { defaults: {}, reset: [], merge: undefined, timestampMs: 100, defaultsReplace: false, ...change };
}

function deploy(store: DiskConfigurationStore, change: Partial<ConfigurationUpdate>): unknown {
  store.update(new Map([['a.A', update(change)]]));
  return store.get('a.A', []);
}

describe('DiskConfigurationStore', () => {
  it('applies defaults, then changes, and keeps values over the defaults of a later version', async () => {
    const store = await open();

    expect(deploy(store, { defaults: { rate: 0.5, name: 'x' }, merge: { rate: 0.7 } })).toEqual({
      rate: 0.7,
      name: 'x',
    });
    expect(deploy(store, { defaults: { rate: 0.9, name: 'y', extra: 1 }, timestampMs: 200 })).toEqual({
      rate: 0.7,
      name: 'x',
      extra: 1,
    });
  });

  it('replaces values by new defaults where nucleus lite is imitated', async () => {
    const store = await open({ strictLite: true });
    deploy(store, { defaults: { rate: '0.5', other: 1 } });

    expect(deploy(store, { defaults: { rate: '0.9' }, defaultsReplace: true, timestampMs: 200 })).toEqual({
      rate: '0.9',
      other: 1,
    });
  });

  it('resets to the default, or removes what has none', async () => {
    const store = await open();
    deploy(store, { defaults: { a: 1, deep: { b: 1 } }, merge: { a: 2, deep: { b: 2, c: 2 }, own: 1 } });

    expect(
      deploy(store, { defaults: { a: 1, deep: { b: 1 } }, reset: ['/a', '/deep/c', '/own'], timestampMs: 200 }),
    ).toEqual({
      a: 1,
      deep: { b: 2 },
    });
    expect(deploy(store, { defaults: { a: 1, deep: { b: 1 } }, reset: [''], timestampMs: 300 })).toEqual({
      a: 1,
      deep: { b: 1 },
    });
  });

  it('does not reset elements of a list, nor what is not a pointer', async () => {
    const store = await open();
    deploy(store, { defaults: { list: [1, 2] }, merge: { list: [3, 4], a: 1 } });

    expect(deploy(store, { defaults: { list: [1, 2] }, reset: ['/list/0', 'a'], timestampMs: 200 })).toEqual({
      list: [3, 4],
      a: 1,
    });
  });

  it('lets a deployment not overwrite what the component wrote after it was made', async () => {
    const store = await open();
    deploy(store, { defaults: { rate: 1, name: 'x' } });
    store.merge('a.A', ['rate'], 5, 500);

    expect(deploy(store, { merge: { rate: 2, name: 'y' }, timestampMs: 400 })).toEqual({ rate: 5, name: 'y' });
    expect(deploy(store, { merge: { rate: 2 }, timestampMs: 600 })).toEqual({ rate: 2, name: 'y' });
  });

  it('refuses writes of a component that are older than the deployment, over defaults too', async () => {
    const store = await open();
    deploy(store, { defaults: { rate: 1 }, timestampMs: 100 });

    expect(store.merge('a.A', ['rate'], 2, 99)).toBe(false);
    expect(store.merge('a.A', ['rate'], 3, 101)).toBe(true);
  });

  it('says whether a merge stood against newer values', async () => {
    const store = await open();

    expect(store.merge('a.A', ['a'], 1, 100)).toBe(true);
    expect(store.merge('a.A', ['a'], 2, 50)).toBe(false);
    expect(store.get('a.A', ['a'])).toBe(1);
    expect(store.merge('a.A', [], { b: 1 }, 50)).toBe(false); // the whole holds something newer
    expect(store.get('a.A', [])).toEqual({ a: 1, b: 1 });
  });

  it('previews without changing', async () => {
    const store = await open();

    expect(store.preview('a.A', update({ defaults: { a: 1 }, merge: { b: 2 } }))).toEqual({ a: 1, b: 2 });
    expect(store.get('a.A', [])).toBeUndefined();
  });

  it('tells subscribers the path of each change at, below or above what they watch', async () => {
    const store = await open();
    store.merge('a.A', [], { a: { b: 1, c: 1 }, other: 1 }, 100);
    const seen: string[] = [];
    const stop = store.subscribe('a.A', ['A', 'b'], (changed) => seen.push(changed.join('/')));
    store.subscribe('b.B', [], (changed) => seen.push(`wrong ${changed.join('/')}`));

    store.merge('a.A', [], { a: { b: 2, c: 2 }, other: 2 }, 200);
    store.merge('a.A', ['a'], 'gone', 300);
    stop();
    store.merge('a.A', ['a'], { b: 3 }, 400);

    expect(seen).toEqual(['a/b', 'a', 'a/b']);
  });

  it('goes on where a listener fails', async () => {
    const store = await open();
    const seen: unknown[] = [];
    store.subscribe('a.A', [], () => {
      throw new Error('no');
    });
    store.subscribe('a.A', [], (changed) => seen.push(changed));

    store.merge('a.A', ['a'], 1, 100);

    expect(seen).toEqual([['a']]);
  });

  it('hands out copies', async () => {
    const store = await open();
    store.merge('a.A', ['list'], [1], 100);
    (store.get('a.A', ['list']) as number[]).push(2);

    expect(store.get('a.A', ['list'])).toEqual([1]);
  });

  it('is there again with its times after a restart', async () => {
    const first = await open();
    first.merge('a.A', ['Rate'], 1, 100);
    await first.flush();

    const second = await open();

    expect(second.get('a.A', ['rate'])).toBe(1);
    expect(second.merge('a.A', ['rate'], 2, 50)).toBe(false);
  });

  it('undoes what a deployment had changed before the core died', async () => {
    const first = await open();
    first.merge('a.A', ['rate'], 1, 100);
    await first.beginChange('d1', first.snapshot());
    first.merge('a.A', ['rate'], 2, 200);
    await first.flush();

    const { store, rolledBack } = await DiskConfigurationStore.open(folder, { log: silentLogger, lastDone: 'd0' });

    expect(rolledBack).toBe(true);
    expect(store.get('a.A', ['rate'])).toBe(1);
  });

  it('keeps what a deployment had changed when it was done but for the last note', async () => {
    const first = await open();
    await first.beginChange('d1', first.snapshot());
    first.merge('a.A', ['rate'], 2, 200);
    await first.flush();

    const { store, rolledBack } = await DiskConfigurationStore.open(folder, { log: silentLogger, lastDone: 'd1' });

    expect(rolledBack).toBe(false);
    expect(store.get('a.A', ['rate'])).toBe(2);
  });

  it('keeps no trace of a change that ended', async () => {
    const store = await open();
    await store.beginChange('d1', store.snapshot());
    store.merge('a.A', ['rate'], 2, 200);
    await store.endChange();

    expect(JSON.parse(await readFile(path.join(folder, 'configuration.json'), 'utf8'))).not.toHaveProperty('rollback');
  });

  it('names the file that it cannot read', async () => {
    await writeFile(path.join(folder, 'configuration.json'), '{"components": {"a": 1}}');

    await expect(open()).rejects.toThrow(
      /stored configuration .*configuration\.json cannot be read: not a configuration tree/,
    );
  });

  it('restores a snapshot and tells of it', async () => {
    const store = await open();
    store.merge('a.A', ['a'], 1, 100);
    const snapshot = store.snapshot();
    store.merge('a.A', ['a'], 2, 200);
    const seen: unknown[] = [];
    store.subscribe('a.A', [], (changed) => seen.push(changed));

    store.restore(snapshot);

    expect(store.get('a.A', ['a'])).toBe(1);
    expect(seen).toEqual([['a']]);
  });
});
