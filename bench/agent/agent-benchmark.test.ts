import { describe, expect, it } from 'vitest';
import { sample } from '../../testing/device/samples.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runBenchmark } from '../benchmarks.ts';
import { photoOf } from './photo.ts';
import type { BenchReport } from './run-bench.ts';

describe('edgeml bench agent', () => {
  it('measures the collection and loses no request, in small', async () => {
    const words = ['agent', '--requests', '10', '--swaps', '1', '--starts', '1', '--json'];
    const io = new MemoryIo();
    const code = await runBenchmark(words, io, new AbortController().signal);
    const report = JSON.parse(io.out) as BenchReport;

    expect(code).toBe(0);
    expect(report.overhead.map(({ service, requests }) => `${service} ${requests}`)).toEqual([
      'PartsDetector 10',
      'PartsClassifier 10',
    ]);
    for (const one of report.overhead.flatMap(({ sent, named }) => [sent, named])) {
      expect(one.bareP50Ms).toBeGreaterThan(0);
      for (const asked of [one.messages, one.http]) {
        expect(asked.overheadP50Ms).toBeGreaterThan(0);
        expect(asked.clientP50Ms).toBeGreaterThan(asked.modelP50Ms);
      }
    }
    expect(report.swap).toMatchObject({ swaps: 1, lost: 0 });
    expect(report.swap.requests).toBeGreaterThan(0);
    expect(report.startUp.firstPredictionP50Ms).toBeGreaterThan(0);
    expect(report.memory.agentMB).toBeGreaterThan(50);
    expect(report.memory.appMB).toBeGreaterThan(30);
  });
});

describe('photoOf', () => {
  it('makes a JPEG of about the size asked for', async () => {
    const photo = await photoOf(sample('belt-17.jpg'), 200_000);
    expect(photo.length).toBeGreaterThan(190_000);
    expect(photo.length).toBeLessThan(210_000);
  });
});
