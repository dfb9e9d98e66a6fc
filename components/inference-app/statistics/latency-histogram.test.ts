import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

describe('LatencyHistogram', () => {
  it('has nothing to say before the first duration', () => {
    expect(new LatencyHistogram().summary).toBeUndefined();
  });

  it('estimates quantiles within their class, and never beyond the longest', () => {
    const latency = new LatencyHistogram();
    for (let ms = 1; ms <= 100; ms++) latency.observe(ms);

    const { count, p50Ms, p95Ms, maxMs } = latency.summary!;
    expect(count).toBe(100);
    expect(Math.abs(p50Ms - 50)).toBeLessThanOrEqual(1);
    expect(Math.abs(p95Ms - 95)).toBeLessThanOrEqual(1);
    expect(maxMs).toBe(100);
  });

  it('counts what is longer than every class', () => {
    const latency = new LatencyHistogram();
    latency.observe(60_000);
    expect(latency.summary).toEqual({ count: 1, p50Ms: 60_000, p95Ms: 60_000, maxMs: 60_000 });
  });
});
