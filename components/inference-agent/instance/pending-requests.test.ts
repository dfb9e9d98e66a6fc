import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { PendingRequests } from './pending-requests.ts';

describe('PendingRequests', () => {
  let clock: FakeClock;
  let stuck: number;
  let pending: PendingRequests<string>;
  beforeEach(() => {
    clock = new FakeClock();
    stuck = 0;
    pending = new PendingRequests(clock, 9_000, () => stuck++);
  });

  const ask = () => {
    const ends: string[] = [];
    const id = pending.add({ resolve: (value) => ends.push(value), reject: (error) => ends.push(error.message) });
    return { id, ends };
  };

  it('calls a thread stuck that answers nothing for too long', async () => {
    ask();
    await clock.advance(8_999);
    expect(stuck).toBe(0);
    await clock.advance(1);
    expect(stuck).toBe(1);
  });

  it('gives what waits behind another question its own time', async () => {
    const [first] = [ask(), ask()];
    await clock.advance(8_000);
    pending.take(first.id)?.resolve('done');
    expect(first.ends).toEqual(['done']);
    await clock.advance(8_999);
    expect(stuck).toBe(0);
    await clock.advance(1);
    expect(stuck).toBe(1);
  });

  it('does not give the first question more time when another follows it', async () => {
    ask();
    await clock.advance(8_000);
    ask();
    await clock.advance(1_000);
    expect(stuck).toBe(1);
  });

  it('watches nothing when nothing is asked', async () => {
    pending.take(ask().id);
    await clock.advance(60_000);
    expect(stuck).toBe(0);
    expect(pending.size).toBe(0);
  });

  it('ends all with one reason, and knows them no more', async () => {
    const both = [ask(), ask()];
    pending.rejectAll(new Error('over'));
    expect(both.map(({ ends }) => ends)).toEqual([['over'], ['over']]);
    expect(pending.take(both[0]!.id)).toBeUndefined();
    await clock.advance(60_000);
    expect(stuck).toBe(0);
  });
});
