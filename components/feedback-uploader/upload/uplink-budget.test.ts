import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { PERIODS, UsageHistory } from '../usage/usage-history.ts';
import { UplinkBudget } from './uplink-budget.ts';

const HOUR = PERIODS.hour;
const DAY = PERIODS.day;

/** Sends samples of the given sizes as soon as each may go, for a while; answers with when what went. */
async function drain(bytesPerHour: number, bytesPerDay: number, size: () => number, forMs: number) {
  const clock = new FakeClock();
  const history = new UsageHistory(clock);
  const budget = new UplinkBudget(clock, history);
  budget.setLimits({ bytesPerHour, bytesPerDay });
  const start = clock.monotonic();
  const sent: { at: number; bytes: number }[] = [];
  for (;;) {
    const bytes = size();
    await clock.advance(budget.msUntil(bytes));
    const at = clock.monotonic() - start;
    if (at >= forMs) return sent;
    history.add(bytes);
    budget.paceAfter(bytes);
    sent.push({ at, bytes });
  }
}

const total = (sent: readonly { bytes: number }[]) => sent.reduce((sum, { bytes }) => sum + bytes, 0);

/** The most bytes in any window of that length, in one pass over what was sent in order. */
function mostIn(sent: readonly { at: number; bytes: number }[], period: number): number {
  let [most, within, oldest] = [0, 0, 0];
  for (const { at, bytes } of sent) {
    within += bytes;
    while (sent[oldest]!.at <= at - period) within -= sent[oldest++]!.bytes;
    most = Math.max(most, within);
  }
  return most;
}

describe('UplinkBudget', () => {
  it('never sends more than the limit in any hour, whatever the sizes, and nearly all of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        // One large sample among them at least: millions of single bytes would take minutes and tell nothing more.
        fc
          .tuple(
            fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 19 }),
            fc.integer({ min: 20_000, max: 90_000 }),
          )
          .map(([sizes, large]) => [...sizes, large]),
        async (sizes) => {
          let next = 0;
          const sent = await drain(1_000_000, Infinity, () => sizes[next++ % sizes.length] ?? 1, 3 * HOUR);
          expect(mostIn(sent, HOUR)).toBeLessThanOrEqual(1_000_000);
          expect(total(sent)).toBeGreaterThan(0.85 * 3_000_000 - 90_000);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('uses 97 percent of an hourly budget with small samples', async () => {
    const sent = await drain(1_000_000, Infinity, () => 2_000, 5 * HOUR);
    expect(total(sent)).toBeGreaterThan(0.97 * 5_000_000);
    expect(mostIn(sent, HOUR)).toBeLessThanOrEqual(1_000_000);
  });

  it('paces: after a burst of a twelfth it spreads what is left', async () => {
    const sent = await drain(1_200_000, Infinity, () => 10_000, HOUR);
    expect(total(sent.filter(({ at }) => at < 60_000))).toBeLessThanOrEqual(100_000 + 40_000);
    expect(
      mostIn(
        sent.filter(({ at }) => at > 60_000),
        600_000,
      ),
    ).toBeLessThanOrEqual(220_000);
  });

  it('keeps the daily limit too, and leaves some of it for the evening', async () => {
    const sent = await drain(1_000_000, 2_400_000, () => 10_000, 2 * DAY);
    expect(mostIn(sent, DAY)).toBeLessThanOrEqual(2_400_000);
    expect(mostIn(sent, HOUR)).toBeLessThanOrEqual(1_000_000);
    expect(total(sent.filter(({ at }) => at > 20 * HOUR && at < 24 * HOUR))).toBeGreaterThan(0);
  });

  it('sends a sample that is larger than a burst, within the limit', async () => {
    const sent = await drain(1_000_000, Infinity, () => 600_000, 4 * HOUR);
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect(mostIn(sent, HOUR)).toBeLessThanOrEqual(1_000_000);
  });

  it('knows what can never go', () => {
    const clock = new FakeClock();
    const budget = new UplinkBudget(clock, new UsageHistory(clock));
    expect(budget.canEverSend(1e12)).toBe(true);
    expect(budget.msUntil(1e12)).toBe(0);
    budget.setLimits({ bytesPerHour: 1_000, bytesPerDay: 500 });
    expect(budget.canEverSend(500)).toBe(true);
    expect(budget.canEverSend(501)).toBe(false);
  });

  it('counts what was sent before a restart', async () => {
    const clock = new FakeClock();
    const history = new UsageHistory(clock);
    history.add(900, 30 * 60_000);
    const budget = new UplinkBudget(clock, history);
    budget.setLimits({ bytesPerHour: 1_000, bytesPerDay: Infinity });
    expect(budget.msUntil(100)).toBe(0);
    expect(budget.msUntil(101)).toBeGreaterThan(29 * 60_000);
    expect(budget.msUntil(101)).toBeLessThanOrEqual(31 * 60_000);
  });

  it('holds a new limit at once', () => {
    const clock = new FakeClock();
    const history = new UsageHistory(clock);
    const budget = new UplinkBudget(clock, history);
    history.add(5_000);
    expect(budget.msUntil(1)).toBe(0);
    budget.setLimits({ bytesPerHour: 1_000, bytesPerDay: Infinity });
    expect(budget.msUntil(1)).toBeGreaterThan(59 * 60_000);
  });
});
