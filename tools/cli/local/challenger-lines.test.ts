import { expect, it } from 'vitest';
import type { ChallengerReport, ModelStatus } from '#packages/http';
import { challengerLines } from './challenger-lines.ts';

const identity = { alias: 'Street', name: 'Street', version: '1.2.0', generation: 1, hash: 'f'.repeat(64) };
const report: ChallengerReport = {
  alias: 'Street',
  challenger: identity as ModelStatus,
  champion: { ...identity, version: '1.1.0' },
  state: 'comparing',
  sharePercent: 10,
  cpuPercent: 25,
  since: '2026-11-27T08:00:00.000Z',
  comparison: {
    frames: 200,
    agreed: 180,
    failed: 2,
    skipped: { busy: 1, budget: 7, queue: 3, gone: 0 },
    findings: { same: 400, otherClass: 12, championOnly: 5, challengerOnly: 4 },
    meanIou: 0.934,
    meanScoreDifference: 0.0123,
    latency: { champion: { meanMs: 20, p50Ms: 19, p95Ms: 30 }, challenger: { meanMs: 22, p50Ms: 21, p95Ms: 34 } },
    memoryBytes: { champion: 80e6, challenger: 90e6 },
    differences: [{ id: '7', service: 'Street', at: '2026-11-27T08:00:01.000Z', reason: 'bolt (0.9) is missing' }],
  },
};

it('shows how a challenger compares', () => {
  expect(challengerLines(report)).toEqual([
    'Street: Street 1.2.0 beside 1.1.0 is compared with it',
    '  share     10 % of the pictures, 25 % of a core at most',
    '  agreement 180 of 200 pictures (90.0 %)',
    '  findings  400 the same, 12 of another class, 5 missing, 4 new; mean overlap 0.93; scores +0.012',
    '  latency   p50 21.0 ms, 19.0 ms; p95 34.0 ms, 30.0 ms of the one that serves',
    '  memory    90 MB, 80 MB of the one that serves',
    '  not seen  3 for the queue, 7 for the CPU share, 1 still busy, 2 failed',
    '  differs   2026-11-27T08:00:01.000Z bolt (0.9) is missing',
  ]);
});

it('says in one line why there is nothing to compare', () => {
  const { champion: _none, ...rest } = report;
  const comparison = { ...report.comparison, frames: 0, failed: 0 };
  expect(challengerLines({ ...rest, state: 'no-champion', comparison })).toEqual([
    'Street: Street 1.2.0 waits: no model serves',
  ]);
});
