import { describe, expect, it } from 'vitest';

import type { AliasRecord } from './alias-record.ts';
import { planRoom } from './plan-room.ts';

function record(alias: string, day: number, active: number, previous?: number): AliasRecord {
  const stored = (bytes: number) => ({ name: alias, version: '1', hash: 'f'.repeat(64), bytes, kept: true });
  return {
    schemaVersion: 1,
    alias,
    source: '/x',
    owner: 'component',
    active: stored(active),
    ...(previous ? { previous: stored(previous) } : {}),
    activatedAt: new Date(Date.UTC(2026, 0, day)).toISOString(),
    retiring: false,
  };
}

const evicted = (...args: Parameters<typeof planRoom>) => planRoom(...args).map(({ alias }) => alias);

describe('planRoom', () => {
  it('evicts nothing while there is room', () => {
    expect(evicted('a', 10, [record('b', 1, 10, 10)], 30)).toEqual([]);
  });

  it('evicts previous packages of other aliases, the oldest first, and no more than needed', () => {
    const records = [record('new', 9, 10, 10), record('old', 1, 10, 10), record('mid', 5, 10, 10)];
    expect(evicted('a', 15, records, 60)).toEqual(['old', 'mid']);
  });

  it('counts on the room of the previous package of the alias itself', () => {
    expect(evicted('a', 10, [record('a', 1, 10, 10), record('b', 1, 10, 10)], 40)).toEqual([]);
  });

  it('leaves alone what a restart needs because the disk does not have the newer record', () => {
    const behind = { ...record('old', 1, 10, 10), pinned: true };
    expect(evicted('a', 10, [behind, record('new', 9, 10, 10)], 40)).toEqual(['new']);
    expect(() => planRoom('a', 20, [behind], 30)).toThrow(expect.objectContaining({ code: 'store.full' }) as Error);
  });

  it('never evicts what is active, and says how much is taken', () => {
    const act = () => planRoom('a', 10, [record('a', 1, 10), record('b', 1, 15, 5)], 30);
    expect(act).toThrow(
      expect.objectContaining({ code: 'store.full', facts: { bytes: 10, used: 25, maxBytes: 30 } }) as Error,
    );
  });
});
