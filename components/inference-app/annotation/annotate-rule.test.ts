import { describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { AnnotateRule } from './annotate-rule.ts';
import type { AnnotateRuleSettings, AnsweredPicture } from './annotate-rule.ts';

const box = [0, 0, 1, 1] as const;
const bolt: Prediction = { classId: 0, label: 'bolt', score: 0.9, box };
const gear: Prediction = { classId: 1, label: 'gear', score: 0.8, box };

/** Tells of pictures of a camera, taken at these milliseconds, which are kept. */
function keptOf(
  settings: Partial<AnnotateRuleSettings>,
  pictures: readonly (Partial<AnsweredPicture> & { takenAtMs: number })[],
) {
  const rule = new AnnotateRule(() => ({ Keep: 'auto', IntervalSeconds: 1, ...settings }));
  return pictures
    .filter((picture) =>
      rule.wants({ source: 'door', isStream: true, service: 'Parts', predictions: [bolt], ...picture }),
    )
    .map(({ takenAtMs }) => takenAtMs);
}

const at = (...times: readonly number[]) => times.map((takenAtMs) => ({ takenAtMs }));

describe('AnnotateRule', () => {
  it('keeps, as it comes, every picture of a folder, and of a stream one per second with detections', () => {
    const pictures = at(0, 40, 999, 1_000, 1_040, 2_500);
    expect(
      keptOf(
        {},
        pictures.map((one) => ({ ...one, isStream: false })),
      ),
    ).toHaveLength(6);
    expect(keptOf({}, pictures)).toEqual([0, 1_000, 2_500]);
    expect(
      keptOf(
        {},
        pictures.map((one) => ({ ...one, predictions: [] })),
      ),
    ).toEqual([]);
    expect(
      keptOf(
        {},
        pictures.map((one) => ({ ...one, predictions: [], isStream: false })),
      ),
    ).toHaveLength(6);
  });

  it('keeps always or never, whatever is seen', () => {
    const pictures = at(0, 1, 2).map((one) => ({ ...one, predictions: [] }));
    expect(keptOf({ Keep: 'always' }, pictures)).toEqual([0, 1, 2]);
    expect(keptOf({ Keep: 'never' }, at(0, 5_000))).toEqual([]);
    expect(keptOf({ Keep: 'never' }, [{ takenAtMs: 0, isStream: false }])).toEqual([]);
  });

  it('keeps one per interval, with detections only if asked to', () => {
    const pictures = at(0, 4_999, 5_000, 9_000, 10_000).map((one) => ({
      ...one,
      predictions: one.takenAtMs < 6_000 ? [] : [bolt],
    }));
    expect(keptOf({ Keep: 'interval', IntervalSeconds: 5 }, pictures)).toEqual([0, 5_000, 10_000]);
    expect(keptOf({ Keep: 'detections', IntervalSeconds: 5 }, pictures)).toEqual([9_000]);
    expect(keptOf({ Keep: 'detections', IntervalSeconds: 0 }, pictures)).toEqual([9_000, 10_000]);
  });

  it('keeps what is another thing than before, the last one gone too', () => {
    const seen = (takenAtMs: number, ...predictions: Prediction[]) => ({ takenAtMs, predictions });
    expect(
      keptOf({ Keep: 'on-change' }, [
        seen(0, bolt),
        seen(2_000, { ...bolt, score: 0.5, box: [0, 0, 0.5, 0.5] }),
        seen(4_000, bolt, gear),
        seen(4_500, bolt),
        seen(6_000, gear, bolt),
        seen(8_000, bolt, bolt),
        seen(10_000),
        seen(12_000),
      ]),
    ).toEqual([0, 4_000, 8_000, 10_000]);
    const whole = (label: string, classId: number): Prediction => ({ classId, label, score: 0.9 });
    expect(
      keptOf({ Keep: 'on-change' }, [
        seen(0, whole('a', 0), whole('b', 1)),
        seen(2_000, whole('a', 0), whole('c', 2)),
        seen(4_000, whole('c', 2), whole('a', 0)),
      ]),
    ).toEqual([0, 4_000]);
  });

  it('counts each source and service for itself', () => {
    expect(
      keptOf({}, [
        { takenAtMs: 0 },
        { takenAtMs: 1, source: 'gate' },
        { takenAtMs: 2, service: 'Faces' },
        { takenAtMs: 3, source: 'gate' },
      ]),
    ).toEqual([0, 1, 2]);
  });
});
