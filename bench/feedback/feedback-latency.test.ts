import { expect, it } from 'vitest';
import { measureFeedbackLatency } from './feedback-latency.ts';

it('measures what feedback costs, in turns with and without', async () => {
  const { on, off, p99Ratio } = await measureFeedbackLatency(25, new AbortController().signal);

  expect([on.images, off.images]).toEqual([25, 25]);
  expect(off.p99Ms).toBeGreaterThanOrEqual(off.p50Ms);
  expect(p99Ratio).toBeGreaterThan(0);
});
