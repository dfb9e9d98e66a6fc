import { expect, it } from 'vitest';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runBenchmark } from '../benchmarks.ts';
import type { BesideReport } from './measure-beside.ts';

it('compares the champion alone and beside a challenger in a process of its own, in small', async () => {
  const words = ['challenger', '--requests', '24', '--blocks', '1', '--share', '100', '--cpu', '6400', '--json'];
  const io = new MemoryIo();
  const code = await runBenchmark(words, io, new AbortController().signal);
  const report = JSON.parse(io.out) as BesideReport;

  expect(code).toBe(0);
  expect(report).toMatchObject({ requests: 24, blocks: 1, lost: 0, comparison: { failed: 0 } });
  expect(report.comparison.frames).toBeGreaterThan(0);
  expect(report.changing.requests).toBeGreaterThan(1);
  for (const { p50Ms, p99Ms } of [report.alone, report.beside]) {
    expect(p50Ms).toBeGreaterThan(0);
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
  }
});
