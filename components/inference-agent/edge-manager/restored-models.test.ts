import { mkdtemp, rm, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import type { ServedModel } from '../registry/alias-state.ts';
import type { AliasRecord, ModelOwner } from '../store/alias-record.ts';
import { RestoredModels } from './restored-models.ts';

const GRACE_MS = 86_400_000;
const AWAY_MS = 60_000;

describe('RestoredModels', () => {
  let folder: string;
  let clock: FakeClock;
  let graceMs: number;
  let served: Map<string, AliasRecord>;
  let restored: RestoredModels;
  const left = () => [...served.keys()];
  const record = (alias: string, owner: ModelOwner): AliasRecord =>
    ({ alias, owner, source: path.join(folder, alias) }) as AliasRecord;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'restored-'));
    clock = new FakeClock();
    graceMs = GRACE_MS;
    const records = [record('one', 'client'), record('other', 'client'), record('deployed', 'component')];
    served = new Map(records.map((each) => [each.alias, each]));
    for (const { source } of records) await mkdir(source);
    restored = new RestoredModels({
      registry: {
        served: (alias) => {
          const found = served.get(alias);
          return found && ({ record: found } as ServedModel);
        },
        unload: async (alias) => void served.delete(alias),
      },
      graceMs: () => graceMs,
      awayMs: () => AWAY_MS,
      clock,
      log: silentLogger,
    });
    restored.expect(records, Promise.resolve());
  });
  afterEach(() => rm(folder, { recursive: true }));

  const after = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await restored.look();
  };

  it('drops what nobody asked for within the grace, and keeps what was used, loaded or deployed', async () => {
    restored.asked('one');
    await after(GRACE_MS - 1);
    expect(left()).toEqual(['one', 'other', 'deployed']);
    await after(1);
    expect(left()).toEqual(['one', 'deployed']);
  });

  it('keeps all of them if the grace is 0', async () => {
    graceMs = 0;
    await after(10 * GRACE_MS);
    expect(left()).toEqual(['one', 'other', 'deployed']);
  });

  it('drops what lost its folder, once that has been away for long enough, used or not', async () => {
    restored.asked('one');
    await rm(path.join(folder, 'one'), { recursive: true });
    await after(AWAY_MS);
    await mkdir(path.join(folder, 'one'));
    await after(AWAY_MS);
    await rm(path.join(folder, 'one'), { recursive: true });
    await after(1_000);
    expect(left()).toContain('one');
    await after(AWAY_MS);
    expect(left()).toEqual(['other', 'deployed']);
  });

  it('leaves alone what a client has loaded since', async () => {
    restored.claimed('one');
    expect(['one', 'other', 'deployed'].map((alias) => restored.isUnclaimed(alias))).toEqual([false, true, false]);
    await rm(path.join(folder, 'one'), { recursive: true });
    await after(GRACE_MS);
    await after(GRACE_MS);
    expect(left()).toEqual(['one', 'deployed']);
  });
});
