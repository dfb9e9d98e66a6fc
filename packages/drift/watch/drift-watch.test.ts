import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../testing/seeded-random.ts';
import type { Observation } from '../sketch/observation.ts';
import { Sketch } from '../sketch/sketch.ts';
import { DriftWatch } from './drift-watch.ts';
import type { DriftChange, WatchSettings } from './drift-watch.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SETTINGS: WatchSettings = {
  windowMs: 8 * HOUR_MS,
  slotMs: 10 * MINUTE_MS,
  minImages: 200,
  psi: 0.25,
  jensenShannon: 0.05,
};

interface Look {
  readonly brightness?: number;
  readonly contrast?: number;
  readonly sharpness?: number;
  readonly view?: number;
  readonly classId?: number;
  readonly score?: number;
  readonly objects?: number;
}

/** A stream that is driven through time, minute by minute. */
function rig(settings: WatchSettings = SETTINGS) {
  const random = seededRandom(11);
  const picture = (look: Look = {}): Observation => ({
    predictions: Array.from({ length: look.objects ?? (random() < 0.5 ? 1 : 2) }, () => ({
      classId: look.classId ?? Math.floor(2 * random()),
      score: (look.score ?? 0.7) + 0.2 * random(),
      box: [0, 0, 0.2 + 0.1 * random(), 0.3] as const,
    })),
    picture: {
      brightness: (look.brightness ?? 110) + 20 * random(),
      contrast: (look.contrast ?? 0.4) * (0.9 + 0.2 * random()),
      sharpness: (look.sharpness ?? 0.5) * (0.9 + 0.2 * random()),
      layout: Uint8Array.from(
        { length: 48 },
        (_, at) => 120 + 60 * Math.sin((at * 7 * ((look.view ?? 0) + 1)) % 11) + 5 * random(),
      ),
    },
  });
  const baseline = new Sketch();
  for (let at = 0; at < 400; at++) baseline.add(picture());
  let now = 0;
  let watch = new DriftWatch(baseline, settings, now);
  return {
    get watch() {
      return watch;
    },
    run: (minutes: number, look: Look = {}): readonly DriftChange[] => {
      const changes: DriftChange[] = [];
      for (let minute = 0; minute < minutes; minute++)
        changes.push(...watch.observe((now += MINUTE_MS), () => picture(look)));
      return changes;
    },
    wait: (minutes: number) => watch.look((now += minutes * MINUTE_MS)),
    restart: (): void => {
      watch = DriftWatch.from(JSON.parse(JSON.stringify(watch)), baseline, settings);
    },
  };
}

const wordsOf = (changes: readonly DriftChange[]): readonly string[] =>
  changes.map((change) =>
    change.kind === 'began' ? `${change.cause} ${change.drift.reason}` : `${change.cause} ${change.reason} ended`,
  );

describe('DriftWatch', () => {
  it('says nothing of a stream that is as its baseline', () => {
    const { run, watch } = rig();
    expect(run(3 * 8 * 60)).toEqual([]);
    expect(watch.isWarm).toBe(true);
    expect(
      watch.findings.find(({ feature, measure }) => feature === 'brightness' && measure === 'psi')?.value,
    ).toBeLessThan(0.1);
  });

  it.each<[string, Look]>([
    ['dark', { brightness: 10, contrast: 0.1, sharpness: 0.1 }],
    ['bright', { brightness: 230 }],
    ['blocked', { contrast: 0.02, sharpness: 3 }],
    ['blurred', { sharpness: 0.1 }],
    ['moved', { view: 3 }],
  ])('tells within an hour that the camera is %s, and that it is over', (reason, look) => {
    const { run } = rig();
    run(9 * 60);
    expect(wordsOf(run(60, look))).toEqual([`camera ${reason}`]);
    expect(wordsOf(run(60))).toEqual([`camera ${reason} ended`]);
  });

  it.each<[string, Look]>([
    ['classes', { classId: 5 }],
    ['scores', { score: 0.45 }],
    ['objects', { objects: 5 }],
  ])('tells that the world has changed by its %s, with the camera as it was', (reason, look) => {
    const { run } = rig();
    run(9 * 60);
    const [first, ...rest] = run(12 * 60, look);
    expect(wordsOf([first!])).toEqual([`world ${reason}`]);
    expect(rest).toEqual([]);
    expect(wordsOf(run(16 * 60))).toEqual([`world ${reason} ended`]);
  });

  it('puts answers that differ in pictures that differ down to the camera', () => {
    const { run } = rig();
    run(9 * 60);
    // Darker than before, not beyond what counts as usual.
    expect(wordsOf(run(12 * 60, { brightness: 100, score: 0.45 }))).toEqual(['camera dark']);
  });

  it('does not flap while a stream is at its limit', () => {
    const { run } = rig();
    run(9 * 60);
    const words = Array.from({ length: 30 }, (_, at) => wordsOf(run(20, at % 2 ? { brightness: 10 } : {}))).flat();
    expect(words).toEqual([]);
    // Dark, then dark half of the time, which neither begins nor ends anything.
    const halfDark = Array.from({ length: 60 }, (_, at) => wordsOf(run(5, at % 2 ? { brightness: 10 } : {}))).flat();
    expect([...wordsOf(run(40, { brightness: 10 })), ...halfDark]).toHaveLength(1);
  });

  it('does not let a dark camera into the window of the world', () => {
    const { run, watch } = rig();
    run(9 * 60);
    expect(wordsOf(run(10 * 60, { brightness: 5, objects: 0 }))).toEqual(['camera dark']);
    expect(wordsOf(run(9 * 60))).toEqual(['camera dark ended']);
    expect(watch.drifts.size).toBe(0);
  });

  it('finds a slow trend that no window shows', () => {
    const { run } = rig({ ...SETTINGS, windowMs: 80 * MINUTE_MS, minImages: 60 });
    run(23 * 80);
    const words = Array.from({ length: 25 }, (_, window) => wordsOf(run(80, { brightness: 110 - window }))).flat();
    expect(words).toEqual(['camera dark']);
  });

  it('goes on after a restart as if there had been none', () => {
    const [one, other] = [rig(), rig()];
    const look = { brightness: 10 };
    for (const { run } of [one, other]) run(9 * 60 + 25, {});
    one.run(15, look);
    other.run(15, look);
    other.restart();
    expect(JSON.stringify(other.watch)).toBe(JSON.stringify(one.watch));
    expect(other.run(30, look)).toEqual(one.run(30, look));
    other.restart();
    expect([...other.watch.drifts]).toEqual([...one.watch.drifts]);
    expect(other.run(60)).toEqual(one.run(60));
  });

  it('begins again after a long pause, and keeps what drifts until there are pictures again', () => {
    const { run, wait, watch } = rig();
    run(9 * 60);
    run(60, { brightness: 10 });
    expect(wait(3 * 24 * 60)).toEqual([]);
    expect(watch.isWarm).toBe(false);
    expect(wordsOf(run(60))).toEqual(['camera dark ended']);
  });

  it('counts a picture at most so often that a window holds 3,000', () => {
    const watch = new DriftWatch(new Sketch(), SETTINGS, 0);
    let looked = 0;
    const observation = { predictions: [] };
    for (let ms = 0; ms < 10 * MINUTE_MS; ms += 100) watch.observe(ms, () => (looked++, observation));
    expect(looked).toBeGreaterThan(50);
    expect(looked).toBeLessThanOrEqual(Math.ceil((10 * MINUTE_MS * 3_000) / SETTINGS.windowMs));
  });
});
