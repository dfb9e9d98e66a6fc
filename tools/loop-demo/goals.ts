import type { DemoResult } from './result.ts';
import { NEW_LABEL, REAL_DEVICES, SAMPLES_PER_HOUR, CHAMPION, GOOD } from './settings.ts';

/** A goal of the demo, what was measured, and whether that is good enough. */
export interface Goal {
  readonly name: string;
  readonly goal: string;
  readonly measured: string;
  readonly isReached: boolean;
}

const MOST_LIGHT_MINUTES = 60;
const MOST_PART_MINUTES = 8 * 60;
/** Of the mean average precision that a model may lose where nothing has changed. */
const MOST_FORGOTTEN = 0.03;
const LEAST_GAIN = 0.05;
const LEAST_NEW_CLASS = 0.5;

/** The table that the command prints and the report shows. */
export function goalsOf(result: DemoResult): readonly Goal[] {
  const { accuracy, bad, good, samples, falseAlarms, serving, devices, minutes, violations } = result;
  const { before, after } = accuracy;
  const budget = sampleBudget(minutes.observed);
  const mostSamples = Math.max(0, ...Object.values(samples.byThing));
  const ofNothing = result.alarms.filter(
    ({ scene, line, version }) => scene === 'known' || line === 'steady' || version === GOOD,
  );
  const [stage] = bad.state.stages;
  const newClass = after.part.classes[NEW_LABEL] ?? 0;
  return [
    noticed(result, 'light', 'a failed lamp', MOST_LIGHT_MINUTES),
    noticed(result, 'part', 'a new part', MOST_PART_MINUTES),
    {
      name: 'Alarms without a change, in this run',
      goal: 'none',
      measured: String(ofNothing.length),
      isReached: ofNothing.length === 0,
    },
    {
      name: 'False alarms for each device and year',
      goal: 'at most 1',
      measured: `${falseAlarms.perYear}, at most ${falseAlarms.perYearAtMost} with 95 % confidence; ${falseAlarms.streams} simulated streams`,
      isReached: falseAlarms.perYearAtMost <= 1,
    },
    {
      name: 'Samples of the device that sent most',
      goal: `at most ${budget}, ${SAMPLES_PER_HOUR} an hour`,
      measured: `${mostSamples}; ${samples.count} of all devices, ${megabytes(samples.bytes)} MB`,
      isReached: samples.count > 0 && mostSamples <= budget,
    },
    {
      name: 'mAP@0.5 with the new part',
      goal: `at least ${LEAST_GAIN} more`,
      measured: `${before.part.map} before, ${after.part.map} after`,
      isReached: after.part.map >= before.part.map + LEAST_GAIN,
    },
    {
      name: `Average precision of ${NEW_LABEL}`,
      goal: `at least ${LEAST_NEW_CLASS}`,
      measured: `none before, ${newClass} after`,
      isReached: newClass >= LEAST_NEW_CLASS,
    },
    {
      name: 'mAP@0.5 with a failed lamp',
      goal: 'more',
      measured: `${before.light.map} before, ${after.light.map} after`,
      isReached: after.light.map > before.light.map,
    },
    {
      name: 'mAP@0.5 of the factory as it was',
      goal: `at most ${MOST_FORGOTTEN} less`,
      measured: `${before.known.map} before, ${after.known.map} after`,
      isReached: after.known.map >= before.known.map - MOST_FORGOTTEN,
    },
    {
      name: 'The bad model is stopped at the canaries',
      goal: 'by its gate, and gone from every device',
      measured: `after ${bad.seconds.toFixed(0)} s (${bad.minutes.toFixed(0)} simulated minutes): ${stage?.report?.findings[0]?.reason ?? bad.state.status}`,
      isReached: stage?.status === 'rolled-back' && bad.stillRuns === 0,
    },
    {
      name: 'The good model serves',
      goal: `on ${devices.all} devices`,
      measured: `on ${serving[GOOD] ?? 0}; the promotion is ${good?.status ?? 'not begun'}`,
      isReached: good?.status === 'done' && serving[GOOD] === devices.all,
    },
    {
      name: 'Requests that AWS would have refused',
      goal: 'none',
      measured: String(violations.length),
      isReached: violations.length === 0,
    },
  ];
}

/** Samples that one device may send in so many simulated minutes. */
export function sampleBudget(minutes: number): number {
  // Any hour may hold as many as its quota, so that the last one that has begun counts in full.
  return SAMPLES_PER_HOUR * Math.ceil(minutes / 60);
}

/** By every device of the changing line. */
function noticed({ alarms }: DemoResult, scene: 'light' | 'part', what: string, mostMinutes: number): Goal {
  const watching = REAL_DEVICES.filter(({ line }) => line === 'changing').length;
  const own = alarms.filter(
    (alarm) => alarm.scene === scene && alarm.line === 'changing' && alarm.version === CHAMPION,
  );
  const first = [...new Map(own.toReversed().map((alarm) => [alarm.thing, alarm])).values()];
  const slowest = first.toSorted((one, other) => other.minutes - one.minutes)[0];
  const when = slowest
    ? `by ${first.length} of ${watching} devices, the slowest after ${slowest.minutes.toFixed(0)} minutes, ${slowest.pictures} pictures (${slowest.reason})`
    : `by none of ${watching} devices`;
  return {
    name: `Time to notice ${what}`,
    goal: `at most ${mostMinutes} simulated minutes, by all`,
    measured: when,
    isReached: first.length === watching && (slowest?.minutes ?? Infinity) <= mostMinutes,
  };
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
