import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { mergeMetrics } from './merge-metrics.ts';

describe('mergeMetrics', () => {
  it('tells the same metric of two components apart, and keeps its samples together', async () => {
    const [first, second] = [new Registry(), new Registry()];
    for (const [registry, value] of [
      [first, 12],
      [second, 7],
    ] as const) {
      new Gauge({ name: 'process_open_fds', help: 'Open.', registers: [registry] }).set(value);
      new Counter({ name: 'lost_total', help: 'Lost.', labelNames: ['why'], registers: [registry] }).inc({
        why: 'a "b" {c} \\ d',
      });
    }
    const merged = mergeMetrics([
      { component: 'one', text: await first.metrics() },
      { component: 'two', text: await second.metrics() },
    ]);
    expect(merged).toBe(
      [
        '# HELP process_open_fds Open.',
        '# TYPE process_open_fds gauge',
        'process_open_fds{component="one"} 12',
        'process_open_fds{component="two"} 7',
        '',
        '# HELP lost_total Lost.',
        '# TYPE lost_total counter',
        String.raw`lost_total{component="one",why="a \"b\" {c} \\ d"} 1`,
        String.raw`lost_total{component="two",why="a \"b\" {c} \\ d"} 1`,
        '',
      ].join('\n'),
    );
  });

  it('leaves a histogram whole, and a metric without samples its header', async () => {
    const registry = new Registry();
    new Histogram({ name: 'wait_seconds', help: 'Wait.', buckets: [1], registers: [registry] }).observe(0.5);
    new Counter({ name: 'none_total', help: 'None.', labelNames: ['a'], registers: [registry] });
    const lines = mergeMetrics([{ component: 'one', text: await registry.metrics() }]).split('\n');
    expect(lines).toEqual([
      '# HELP wait_seconds Wait.',
      '# TYPE wait_seconds histogram',
      'wait_seconds_bucket{component="one",le="1"} 1',
      'wait_seconds_bucket{component="one",le="+Inf"} 1',
      'wait_seconds_sum{component="one"} 0.5',
      'wait_seconds_count{component="one"} 1',
      '',
      '# HELP none_total None.',
      '# TYPE none_total counter',
      '',
    ]);
  });
});
