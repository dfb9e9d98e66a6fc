import { describe, expect, it } from 'vitest';

import { needs } from '../../testing/outside-data/needs.ts';
import { visionData } from '../../testing/outside-data/vision-data.ts';
import { runCommand } from '../../testing/process/run-command.ts';
import { median, summarize } from './measurement.ts';
import { Report } from './report.ts';

const data = await needs(visionData);

describe('edgeml bench vision', () => {
  it('measures a model alone and through the agent, and says why the Python peer is left out', data, async () => {
    const short = ['--model', 'mobilenet_v2_int8', '--rounds', '1', '--count', '4', '--python', '/nowhere/python3'];
    const { stdout: out } = await runCommand(['bench', 'vision', ...short], process.env);
    expect(out).toContain('without the Python peer: ');
    expect(out).toMatch(/ours, one at a time, 1 thread +\d+\.\d images\/s/);
    expect(out).toMatch(/agent \(default\), \d+ clients +\d+\.\d images\/s .* CPU +\d+\.\d ms per image/);
    expect(out).toMatch(/(reached|missed) +efficiency/);
    expect(out).not.toContain('NaN');
  });
});

describe('figures', () => {
  it('are medians that leave out what was not measured', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([NaN, 1])).toBe(1);
    expect(median([])).toBeNaN();
  });

  it('tell the rate and the latencies of one run', () => {
    const used = { memoryMb: 100, cpuMs: 5 };
    expect(summarize([10, 30, 20, 40], 50, used)).toEqual({ imagesPerSecond: 80, p50Ms: 30, p99Ms: 40, ...used });
  });

  it('say whether a goal is reached', () => {
    const lines: string[] = [];
    const report = new Report((line) => lines.push(line));
    report.goal('fast', [1, 1.2, 1.3], 1.1);
    report.goal('small', [1.6], 1.5, 'at most');
    report.goal('unmeasured', [NaN], 1);
    expect(lines).toEqual([
      '  reached fast: 1.20 (1.00 to 1.30; goal at least 1.1)',
      '  missed  small: 1.60 (1.60 to 1.60; goal at most 1.5)',
      '  unknown unmeasured: NaN (NaN to NaN; goal at least 1)',
    ]);
  });
});
