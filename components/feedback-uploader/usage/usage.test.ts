import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { SlidingWindow } from './sliding-window.ts';
import { UsageHistory } from './usage-history.ts';

const WINDOW_MS = 60_000;

describe('SlidingWindow', () => {
  it('never lets a window of its length hold more than the limit, and says when there is room', async () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 1, max: 40 })), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (moves) => {
        const limit = 100;
        const clock = new FakeClock();
        const window = new SlidingWindow(WINDOW_MS, clock);
        const used: { at: number; amount: number }[] = [];
        for (const [waitMs, amount] of moves) {
          await clock.advance(waitMs);
          await clock.advance(window.msUntil(limit - amount));
          expect(window.sum() + amount).toBeLessThanOrEqual(limit);
          window.add(amount);
          used.push({ at: clock.monotonic(), amount });
        }
        for (const { at } of used) {
          const inWindow = used.filter((one) => one.at > at - WINDOW_MS && one.at <= at);
          expect(inWindow.reduce((sum, one) => sum + one.amount, 0)).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('forgets within a sixtieth of the window', async () => {
    const clock = new FakeClock();
    const window = new SlidingWindow(WINDOW_MS, clock);
    window.add(5);
    await clock.advance(WINDOW_MS - 1);
    expect(window.sum()).toBe(5);
    await clock.advance(1_001);
    expect(window.sum()).toBe(0);
    expect(window.msUntil(0)).toBe(0);
  });
});

describe('UsageHistory', () => {
  it('outlives the process, whatever the wall clock did meanwhile', async () => {
    const before = new FakeClock();
    const old = new UsageHistory(before);
    old.add(10);
    await before.advance(30 * 60_000);
    old.add(5);
    const saved = JSON.parse(JSON.stringify(old.save())) as ReturnType<UsageHistory['save']>;

    const after = (elapsedMs: number) => {
      const history = new UsageHistory(new FakeClock());
      history.restore(saved, elapsedMs);
      return history;
    };
    expect(after(0).hour.sum()).toBe(15);
    expect(after(-86_400_000).hour.sum()).toBe(15);
    expect(after(40 * 60_000).hour.sum()).toBe(5);
    expect(after(40 * 60_000).day.sum()).toBe(15);
    expect(after(365 * 86_400_000).day.sum()).toBe(0);
  });
});
