import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { PATIENCE_MS, TEST_LIMIT_MS } from '../../testing/patience.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../testing/outside-data/programs.ts';
import { memoryFigures } from '../../testing/soak/memory.ts';
import { faultsOf, runSoak } from '../../testing/soak/run-soak.ts';

/** `EDGEML_SOAK_SECONDS=1800` for the long form, as `npm run soak` does it. */
const SECONDS = Number(process.env['EDGEML_SOAK_SECONDS'] ?? 5);
const LIMIT_MS = SECONDS * 1_000 + PATIENCE_MS;

describe('a stream at 10 frames per second', await needs(ffmpeg), () => {
  it('is processed or skipped frame by frame, without a restart', { timeout: LIMIT_MS + TEST_LIMIT_MS }, async () => {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const report = await runSoak({ seconds: SECONDS, signal, onProgress: () => undefined });

    expect(faultsOf(report)).toEqual([]);
    expect(report.counts.frames).toBe(report.framesPlayed);
    expect(report.counts.answered).toBeGreaterThan(0);
    expect(report.results).toBe(report.counts.answered);
    const { feedbackAccepted, feedbackNotWanted, feedbackLost, answered } = report.counts;
    const lost = Object.values(feedbackLost).reduce((sum, count) => sum + count, 0);
    expect(feedbackAccepted + feedbackNotWanted + lost).toBe(answered);
  });
});

describe('memoryFigures', () => {
  it('tells growth per hour from the second half', () => {
    const samples = Array.from({ length: 100 }, (_, n) => ({
      seconds: n * 36,
      bytes: 1e8 + (n < 50 ? n * 1e6 : 5e7 + n * 1e4),
    }));

    expect(memoryFigures(samples)).toEqual({ firstMB: 112, lastMB: 150.9, maxMB: 151, slopeMBPerHour: 1 });
  });
});
