import { expect, it } from 'vitest';
import { sampleResult } from '../../testing/loop-demo/sample-result.ts';
import { goalsOf, sampleBudget } from './goals.ts';
import type { DemoResult } from './result.ts';

const missed = (result: DemoResult): readonly string[] =>
  goalsOf(result)
    .filter(({ isReached }) => !isReached)
    .map(({ name }) => name);

it('reaches every goal if all went well', () => {
  expect(missed(sampleResult())).toEqual([]);
  const lamp = goalsOf(sampleResult()).find(({ name }) => name.includes('lamp'));
  expect(lamp?.measured).toBe('by 3 of 3 devices, the slowest after 33 minutes, 120 pictures (dark)');
});

const { alarms, accuracy, samples, bad, good } = sampleResult();
const { after, before } = accuracy;
it.each<[string, Partial<DemoResult>, string]>([
  [
    'one device does not notice',
    { alarms: alarms.filter(({ thing, scene }) => thing !== 'belt-2' || scene !== 'part') },
    'Time to notice a new part',
  ],
  ['it takes too long', { alarms: alarms.map((one) => ({ ...one, minutes: 61 })) }, 'Time to notice a failed lamp'],
  [
    'a steady line alarms',
    { alarms: [...alarms, { ...alarms[0]!, thing: 'press-1', line: 'steady', scene: 'known' }] },
    'Alarms without a change, in this run',
  ],
  [
    'a device sends too much',
    { samples: { ...samples, byThing: { 'belt-1': sampleBudget(600) + 1 } } },
    'Samples of the device that sent most',
  ],
  ['nothing was sent', { samples: { ...samples, count: 0, byThing: {} } }, 'Samples of the device that sent most'],
  ['nothing was learned', { accuracy: { before, after: before } }, 'mAP@0.5 with the new part'],
  [
    'the known was forgotten',
    { accuracy: { before, after: { ...after, known: { map: 0.8, classes: {} } } } },
    'mAP@0.5 of the factory as it was',
  ],
  ['the bad model still runs', { bad: { ...bad, stillRuns: 1 } }, 'The bad model is stopped at the canaries'],
  ['the bad model passed', { bad: { ...bad, state: good! } }, 'The bad model is stopped at the canaries'],
  ['a ring lacks the good one', { serving: { '1.2.0': 86, '1.0.0': 114 } }, 'The good model serves'],
  ['a request was wrong', { violations: ['CreateDeployment: …'] }, 'Requests that AWS would have refused'],
])('misses a goal if %s', (_, change, name) => {
  expect(missed({ ...sampleResult(), ...change })).toContain(name);
});

it('counts the hour that has begun into the budget', () => {
  expect([sampleBudget(59), sampleBudget(60), sampleBudget(61)]).toEqual([12, 12, 24]);
});
