import { describe, expect, it } from 'vitest';
import { embeddingText } from '#packages/model-package';
import { seededRandom } from '../../../testing/seeded-random.ts';
import type { Observation } from '../sketch/observation.ts';
import { Sketch } from '../sketch/sketch.ts';
import { DriftWatch } from './drift-watch.ts';
import type { DriftChange, WatchSettings } from './drift-watch.ts';

const MINUTE_MS = 60_000;
const WINDOW_MINUTES = 8 * 60;
const DIMENSIONS = 24;
const SETTINGS: WatchSettings = {
  windowMs: WINDOW_MINUTES * MINUTE_MS,
  slotMs: 10 * MINUTE_MS,
  minImages: 200,
  psi: 0.25,
  jensenShannon: 0.05,
};

/** A stream of vectors around one, a picture a minute. */
function rig({ reference = 300, dimensions = DIMENSIONS } = {}) {
  const random = seededRandom(23);
  const pictureOf = (length: number, shift: number): Observation => {
    const vector = Float32Array.from(
      { length },
      (_, at) => (at === 0 ? 1 : 0.4 * (random() - 0.5)) + (at === 1 ? shift : 0),
    );
    return { predictions: [{ classId: 0, score: 0, embedding: embeddingText(vector) }] };
  };
  const baseline = new Sketch();
  for (let at = 0; at < reference; at++) baseline.add(pictureOf(dimensions, 0));
  let now = 0;
  let watch = new DriftWatch(baseline, SETTINGS, now);
  const finding = () => watch.findings.find(({ feature }) => feature === 'embedding');
  return {
    finding,
    isDrifting: () => watch.drifts.has('world'),
    run: (minutes: number, shift = 0): readonly DriftChange[] =>
      Array.from({ length: minutes }, () =>
        watch.observe((now += MINUTE_MS), () => pictureOf(DIMENSIONS, shift)),
      ).flat(),
    restart: (): void => {
      watch = DriftWatch.from(JSON.parse(JSON.stringify(watch)), baseline, SETTINGS);
    },
  };
}

describe('vectors of a stream', () => {
  it('that are as those of the baseline are far from its threshold', () => {
    const { run, finding } = rig();
    expect(run(3 * WINDOW_MINUTES)).toEqual([]);
    const { measure, value, threshold } = finding()!;
    expect(measure).toBe('unlike');
    expect(value / threshold).toBeLessThan(0.3);
  });

  it('that move drift once, and end once, over a restart as well', () => {
    const { run, restart, isDrifting } = rig();
    run(WINDOW_MINUTES + 60);
    const [began, ...more] = run(WINDOW_MINUTES, 1);
    expect(began).toMatchObject({
      kind: 'began',
      cause: 'world',
      drift: { reason: 'embedding', finding: { feature: 'embedding', measure: 'unlike' } },
    });
    expect(more).toEqual([]);
    restart();
    expect(isDrifting()).toBe(true);
    expect(run(WINDOW_MINUTES, 1)).toEqual([]);
    expect(run(2 * WINDOW_MINUTES)).toMatchObject([{ kind: 'ended', cause: 'world', reason: 'embedding' }]);
  });

  it('are given more room by a baseline of few pictures', () => {
    const thresholds = [100, 28, 25].map((reference) => {
      const { run, finding } = rig({ reference });
      run(WINDOW_MINUTES + 60);
      return finding()!.threshold;
    });
    expect(thresholds).toEqual(thresholds.toSorted((one, other) => one - other));
  });

  it.each([
    ['a baseline of 24 vectors', { reference: 24 }],
    ['a baseline of vectors of another size', { dimensions: 12 }],
  ])('are not compared with %s', (_what, given) => {
    const { run, finding } = rig(given);
    run(WINDOW_MINUTES + 60, 3);
    expect(finding()).toBeUndefined();
  });
});
