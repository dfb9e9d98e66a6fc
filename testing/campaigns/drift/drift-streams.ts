import { DriftWatch, Sketch } from '#packages/drift';
import type { DriftChange, WatchSettings } from '#packages/drift';
import { seededRandom } from '../../seeded-random.ts';
import type { CampaignOptions, CampaignResult } from '../campaign.ts';
import { unless } from '../campaign.ts';
import { KINDS, VECTOR_KINDS } from './kinds.ts';
import type { Kind } from './kinds.ts';
import { Scene } from './scene.ts';
import type { StreamScene } from './scene.ts';
import { VectorScene } from './vector-scene.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** The agent's defaults. */
const SETTINGS: WatchSettings = {
  windowMs: DAY_MS,
  slotMs: 10 * MINUTE_MS,
  minImages: 500,
  psi: 0.25,
  jensenShannon: 0.05,
};
/** Pictures of the reference set, which were taken over two weeks. */
const REFERENCE = { pictures: 1_000, days: 14 } as const;
/** Before a stream changes; a stream that never does continues for so long. */
const QUIET_DAYS = 24;
const UNCHANGED_DAYS = 45;
/** Streams of a hundred that never change. */
const UNCHANGED = 0.4;

/** The outcome of the streams of one kind. */
interface Row {
  readonly kind: string;
  readonly streams: number;
  /** Of the streams. */
  readonly noticed: number;
  readonly rightReason: number;
  /** Hours until it was noticed, of those that were. */
  readonly medianHours: number | null;
  readonly slowestHours: number | null;
}

type MakeScene = (random: () => number) => StreamScene;

/** Streams that drift and streams that do not: what the watch notices, how soon, and how often it is wrong. */
export function driftStreams(options: CampaignOptions): Promise<CampaignResult> {
  return watchStreams(options, (random) => new Scene(random), KINDS);
}

/** As `driftStreams`, of the vectors of models of the task `embedding`. */
export function driftVectors(options: CampaignOptions): Promise<CampaignResult> {
  return watchStreams(options, (random) => new VectorScene(random), VECTOR_KINDS);
}

async function watchStreams(
  { seed, times, signal, onProgress }: CampaignOptions,
  makeScene: MakeScene,
  kinds: readonly Kind[],
): Promise<CampaignResult> {
  const quiet = Math.max(1, Math.round(UNCHANGED * times));
  const perKind = Math.max(1, Math.floor((times - quiet) / kinds.length));
  let [falseAlarms, days, done] = [0, 0, 0];
  const noticed = new Map<string, Noticed[]>();
  const streams = [
    ...Array.from({ length: quiet }, () => undefined),
    ...kinds.flatMap((kind) => Array.from({ length: perKind }, () => kind)),
  ];
  for (const [index, kind] of streams.entries()) {
    signal.throwIfAborted();
    const outcome = runStream(makeScene, seededRandom(seed * 100_003 + index), kind);
    falseAlarms += outcome.falseAlarms;
    days += outcome.quietDays;
    if (kind) noticed.set(kind.name, [...(noticed.get(kind.name) ?? []), outcome.noticed]);
    onProgress(`${++done} of ${streams.length} streams`);
    // Lets signals in.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rows = kinds.map((kind) => rowOf(kind, noticed.get(kind.name) ?? []));
  const years = days / 365;
  const perYear = falseAlarms / years;
  const report = {
    streams: streams.length,
    deviceYears: rounded(years),
    falseAlarms,
    falseAlarmsPerYear: rounded(perYear),
    // Of a Poisson count: Garwood's bound in Wilson and Hilferty's form.
    falseAlarmsPerYearAtMost: rounded(upperBound(falseAlarms) / years),
    rows,
  };
  const missed = rows.filter(({ noticed: share }) => share < 0.9).map(({ kind }) => kind);
  return {
    report,
    faults: unless(
      [perYear <= 1, `${rounded(perYear)} false alarms a year and device, over 1`],
      [missed.length === 0, `drift that was not noticed in a tenth of the streams or more: ${missed.join('; ')}`],
    ),
    tooSlow: [],
  };
}

/** Undefined if it was not noticed. */
type Noticed = { readonly hours: number; readonly isRight: boolean } | undefined;

function runStream(makeScene: MakeScene, random: () => number, kind: Kind | undefined) {
  const scene = makeScene(random);
  const baseline = new Sketch();
  // As somebody collects them: now and then, over two weeks.
  const start = REFERENCE.days * DAY_MS;
  for (let now = 0; now < start; now += MINUTE_MS) {
    scene.pass();
    if (random() < (REFERENCE.pictures * MINUTE_MS) / start) baseline.add(scene.look(now));
  }
  const changesAt = start + (kind ? QUIET_DAYS : UNCHANGED_DAYS) * DAY_MS + Math.floor(random() * DAY_MS);
  const end = changesAt + (kind?.days ?? 0) * DAY_MS;
  const watch = new DriftWatch(baseline, SETTINGS, start);
  let falseAlarms = 0;
  let noticed: Noticed;
  for (let now = start; now < end && noticed === undefined; now += MINUTE_MS) {
    const change = now >= changesAt ? kind?.change((now - changesAt) / DAY_MS) : undefined;
    scene.pass();
    for (const event of watch.observe(now, () => scene.look(now, change))) {
      if (event.kind === 'began' && now < changesAt) falseAlarms++;
      if (now >= changesAt && kind && isNoticed(event, kind))
        noticed = { hours: (now - changesAt) / HOUR_MS, isRight: kind.reasons.includes(event.drift.reason) };
    }
  }
  return { falseAlarms, noticed, quietDays: (changesAt - start) / DAY_MS };
}

function isNoticed(event: DriftChange, { cause }: Kind): event is Extract<DriftChange, { kind: 'began' }> {
  return event.kind === 'began' && event.cause === cause;
}

function rowOf({ name }: Kind, all: readonly Noticed[]): Row {
  const found = all.filter((one) => one !== undefined);
  const hours = found.map((one) => one.hours).toSorted((one, other) => one - other);
  return {
    kind: name,
    streams: all.length,
    noticed: rounded(found.length / Math.max(1, all.length)),
    rightReason: rounded(found.filter(({ isRight }) => isRight).length / Math.max(1, found.length)),
    medianHours: hours.length === 0 ? null : rounded(hours[Math.floor(hours.length / 2)] as number),
    slowestHours: hours.length === 0 ? null : rounded(hours.at(-1) as number),
  };
}

/** With 95 % confidence. */
function upperBound(count: number): number {
  const degrees = count + 1;
  return degrees * (1 - 1 / (9 * degrees) + 1.645 / (3 * Math.sqrt(degrees))) ** 3;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
