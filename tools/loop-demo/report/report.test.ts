import { expect, it } from 'vitest';
import { sampleResult } from '../../../testing/loop-demo/sample-result.ts';
import { goalsOf } from '../goals.ts';
import { goalLines } from './goal-lines.ts';
import { reportPage } from './page.ts';

const AT = new Date('2026-06-01T12:00:00Z');

it('is one page that needs nothing else, with the goals, the plots and why the bad model was stopped', () => {
  const result = sampleResult();
  const page = reportPage(result, goalsOf(result), AT);
  expect(page).toContain('All 12 goals reached');
  expect(page).not.toMatch(/<script|<link|<img|https?:|NaN|undefined|Infinity/);
  expect(page.match(/<svg /g)).toHaveLength(3);
  expect(page).toContain('agree on 3 of 100 pictures (3 %)');
  expect(page).toContain('of &lt;2&gt; devices');
  expect(page).toContain('prefers-color-scheme:dark');
});

it('says in its head how many goals were missed', () => {
  const result = { ...sampleResult(), serving: {} };
  const goals = goalsOf(result);
  expect(reportPage(result, goals, AT)).toContain('1 of 12 goals missed');
  const lines = goalLines(goals);
  expect(lines).toHaveLength(13);
  expect(lines.filter((line) => line.startsWith('MISSED'))).toEqual([
    expect.stringMatching(/^MISSED {2}The good model serves +on 200 devices +on 0; the promotion is done$/),
  ]);
});

it('can be made of a run that came to nothing', () => {
  const result = { ...sampleResult(), alarms: [], points: [], scenes: [], steps: [] };
  expect(reportPage(result, goalsOf(result), AT)).not.toMatch(/NaN|Infinity/);
});
