import { describe, expect, it } from 'vitest';
import { quantile } from '#packages/foundation';
import { edgeml } from '../../testing/device/edgeml.ts';
import { sample } from '../../testing/device/samples.ts';
import { photoOf } from './photo.ts';
import type { BenchReport } from './run-bench.ts';

describe('edgeml bench', () => {
  it('measures the collection and loses no request, in small', async () => {
    const { code, out } = await edgeml('bench', '--requests', '20', '--swaps', '2', '--starts', '1', '--json');
    const report = JSON.parse(out) as BenchReport;

    expect(code).toBe(0);
    expect(report.overhead.map(({ service, requests }) => `${service} ${requests}`)).toEqual([
      'PartsDetector 20',
      'PartsClassifier 20',
    ]);
    for (const one of report.overhead) {
      expect(one.overheadP50Ms).toBeGreaterThan(0);
      expect(one.clientP50Ms).toBeGreaterThan(one.modelP50Ms);
    }
    expect(report.swap).toMatchObject({ swaps: 2, lost: 0 });
    expect(report.swap.requests).toBeGreaterThan(0);
    expect(report.startUp.firstPredictionP50Ms).toBeGreaterThan(0);
    expect(report.memory.agentMB).toBeGreaterThan(50);
    expect(report.memory.appMB).toBeGreaterThan(30);
  });

  it('says what is wrong with a number', async () => {
    expect(await edgeml('bench', '--requests', 'many')).toMatchObject({ code: 2 });
  });
});

describe('quantile', () => {
  it('is the nearest rank, whatever the order', () => {
    const numbers = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([quantile(numbers, 0.5), quantile(numbers, 0.99), quantile(numbers, 1), quantile([7], 0.5)]).toEqual([
      50, 99, 100, 7,
    ]);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('photoOf', () => {
  it('makes a JPEG of about the size asked for', async () => {
    const photo = await photoOf(sample('belt-17.jpg'), 200_000);
    expect(photo.length).toBeGreaterThan(190_000);
    expect(photo.length).toBeLessThan(210_000);
  });
});
