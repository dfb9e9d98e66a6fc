import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { UsageHistory } from '../usage/usage-history.ts';
import { createStrategy } from './create-strategy.ts';
import { entropyInNats } from './entropy.ts';
import { exceededQuota } from './quota.ts';
import { readPrediction } from '#packages/samples';
import { STRATEGY_NAMES } from './strategies.ts';
import { strategySchema } from './strategy-schema.ts';

/** A strategy as the configuration asks for it; answers whether a prediction is kept. */
function sampler(settings: Record<string, unknown> | undefined, random = () => 0.5) {
  const strategy = createStrategy(settings && strategySchema.parse(settings), { random });
  return (prediction: unknown, metadata: Readonly<Record<string, string>> = {}): boolean =>
    strategy(
      () => readPrediction(prediction),
      () => metadata,
    ).keep;
}

const least = (threshold: number) => sampler({ 'strategy-name': 'LEAST_CONFIDENCE', threshold });
const margin = (threshold: number) => sampler({ 'strategy-name': 'MARGIN', threshold });
const entropy = (threshold: number) => sampler({ 'strategy-name': 'ENTROPY', threshold });

const refused = expect.objectContaining({ code: 'sampling.prediction-not-understood' }) as Error;
const detection = (score: number, classId = 14) => [classId, score, 0.1, 0.2, 0.3, 0.4];
const rows = (...scores: number[]) => ({ prediction: scores.map((score) => detection(score)) });

describe('sampling strategies', () => {
  it('row 38: keeps every sample without a strategy, whatever was predicted', () => {
    const keep = sampler(undefined);
    for (const prediction of [[0.1, 0.9], rows(0.9), { anything: 'else' }, []]) expect(keep(prediction)).toBe(true);
  });

  describe('RANDOM_SAMPLING', () => {
    const random = (rate: number, draw: () => number) => sampler({ 'strategy-name': 'RANDOM_SAMPLING', rate }, draw);

    it('row 39: keeps when the draw is below the rate: none at 0, all at 1', () => {
      expect(random(0, () => 0)([0.5])).toBe(false);
      expect(random(1, () => 1 - Number.EPSILON)([0.5])).toBe(true);
      expect(random(0.3, () => 0.2999)([0.5])).toBe(true);
      expect(random(0.3, () => 0.3)([0.5])).toBe(false);
    });

    it('row 39: at 0.5 keeps a number of samples that a fair coin would', () => {
      let state = 1;
      const lcg = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
      const keep = random(0.5, lcg);
      const kept = Array.from({ length: 10_000 }, () => keep([0.5])).filter(Boolean).length;
      // Five standard deviations of a binomial: √(10000 · ¼) = 50.
      expect(Math.abs(kept - 5_000)).toBeLessThan(250);
    });

    it('row 39: ignores the prediction, even one that no strategy understands', () => {
      expect(random(0.6, () => 0.5)({ text: 'caption' })).toBe(true);
    });
  });

  describe('LEAST_CONFIDENCE', () => {
    it('row 40: keeps the documented example', () => expect(least(0.6)([0.2, 0.2, 0.4, 0.2])).toBe(true));

    it('row 40: keeps at equality, drops above', () => {
      expect(least(0.6)([0.6, 0.3, 0.1])).toBe(true);
      expect(least(0.6)([0.61, 0.29, 0.1])).toBe(false);
      expect(least(1)([1])).toBe(true);
      expect(least(0)([0, 0])).toBe(true);
    });
  });

  describe('MARGIN', () => {
    it('row 41: keeps the documented example', () => expect(margin(0.02)([0.3, 0.35, 0.34, 0.01])).toBe(true));

    it('row 41: keeps at equality, also where binary fractions miss it', () => {
      expect(margin(0.25)([0.5, 0.25, 0.25])).toBe(true);
      expect(margin(0.1)([0.4, 0.3, 0.3])).toBe(true);
      expect(margin(0.1)([0.41, 0.3, 0.29])).toBe(false);
    });

    it('row 41: counts equal best scores as a margin of 0', () => expect(margin(0)([0.4, 0.4, 0.2])).toBe(true));

    it('row 41: compares a single class with 0', () => {
      expect(margin(0.7)([0.7])).toBe(true);
      expect(margin(0.7)([0.8])).toBe(false);
    });
  });

  describe('ENTROPY', () => {
    it('row 42: measures the documented example as 1.03972 nats and keeps it above 0.75', () => {
      expect(entropyInNats([0.5, 0.25, 0.25])).toBeCloseTo(1.03972, 5);
      expect(entropy(0.75)([0.5, 0.25, 0.25])).toBe(true);
    });

    it('row 42: does not keep at equality', () => {
      expect(entropy(Math.log(2))([0.5, 0.5])).toBe(false);
      expect(entropy(Math.log(4))([0.25, 0.25, 0.25, 0.25])).toBe(false);
      expect(entropy(0)([1])).toBe(false);
    });

    it('row 42: takes 0·ln 0 as 0', () => expect(entropyInNats([0.5, 0, 0.5, 0])).toBeCloseTo(Math.log(2), 12));

    it('row 42: normalizes a vector that does not sum to 1', () => {
      expect(entropyInNats([2, 1, 1])).toBeCloseTo(entropyInNats([0.5, 0.25, 0.25]), 12);
    });

    it('row 42: takes scores that are all 0 as uniform', () => expect(entropyInNats([0, 0, 0])).toBe(Math.log(3)));

    it('row 42: lies between 0 and ln K, and scaling changes nothing', () => {
      const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 });
      fc.assert(
        fc.property(scores, fc.integer({ min: 1, max: 1000 }), (vector, factor) => {
          const nats = entropyInNats(vector);
          expect(nats).toBeGreaterThanOrEqual(-1e-9);
          expect(nats).toBeLessThanOrEqual(Math.log(vector.length) + 1e-9);
          if (vector.every((score) => score === 0 || score > 1e-300))
            expect(entropyInNats(vector.map((score) => score * factor))).toBeCloseTo(nats, 6);
        }),
      );
    });

    it('has no upper limit on the threshold', () => expect(entropy(7)([0.5, 0.5])).toBe(false));
  });

  describe('on detections', () => {
    it('row 44: LEAST_CONFIDENCE keeps an image with a detection near one half', () => {
      expect(least(0.6)(rows(0.97, 0.55))).toBe(true);
      expect(least(0.6)(rows(0.97, 0.4))).toBe(true);
      expect(least(0.6)(rows(0.97, 0.61, 0.39, 0.041))).toBe(false);
    });

    it('row 44: MARGIN is the distance of the score from its complement', () => {
      expect(margin(0.2)(rows(0.6))).toBe(true);
      expect(margin(0.2)(rows(0.61))).toBe(false);
    });

    it('row 44: ENTROPY is that of object or not object, at most ln 2', () => {
      expect(entropy(0.69)(rows(0.5))).toBe(true);
      expect(entropy(0.69)(rows(0.938, 0.041))).toBe(false);
      expect(entropy(0.7)(rows(0.5))).toBe(false);
    });

    it('row 44: RANDOM_SAMPLING and no strategy work as ever', () => {
      expect(sampler({ 'strategy-name': 'RANDOM_SAMPLING', rate: 1 })(rows(0.9))).toBe(true);
      expect(sampler({ 'strategy-name': 'ALL' })(rows())).toBe(true);
    });

    it.each([least(1), margin(1), entropy(0)])('row 44: an image without detections is not uncertain', (keep) => {
      expect(keep(rows())).toBe(false);
      expect(keep([])).toBe(false);
    });

    it('reads our own lists like the old rows', () => {
      const ours = [{ classId: 3, label: 'gear', score: 0.55, box: [0, 0, 1, 1] }];
      expect(least(0.6)(ours)).toBe(true);
      expect(least(0.5)(ours)).toBe(false);
    });
  });

  describe('on the best few of many classes', () => {
    const best = (...scores: number[]) =>
      scores.map((score, classId) => ({ classId, label: `class ${classId}`, score }));

    it('compares the best scores as for a whole distribution', () => {
      expect(least(0.4)(best(0.4, 0.1))).toBe(true);
      expect(margin(0.1)(best(0.4, 0.1))).toBe(false);
    });

    it('counts what is missing to 1 as one more class in the entropy', () => {
      expect(entropy(0.9)(best(0.5, 0.25))).toBe(true);
      expect(entropy(0.9)(best(0.667, 0.3333))).toBe(false);
    });
  });

  describe('CLASS', () => {
    const keep = sampler({ 'strategy-name': 'CLASS', labels: ['crack', '14'], 'min-score': 0.3 });

    it('keeps images with a detection of a wanted class, by label or number', () => {
      expect(keep([{ classId: 1, label: 'crack', score: 0.3, box: [0, 0, 1, 1] }])).toBe(true);
      expect(keep({ prediction: [detection(0.9, 2), detection(0.4, 14)] })).toBe(true);
    });

    it('drops other classes and low scores', () => {
      expect(keep([{ classId: 2, label: 'gear', score: 0.9, box: [0, 0, 1, 1] }])).toBe(false);
      expect(keep(rows(0.29))).toBe(false);
      expect(keep(rows())).toBe(false);
    });

    it('looks at the best class of a classification only', () => {
      const wantsTwo = sampler({ 'strategy-name': 'CLASS', labels: '2' });
      expect(wantsTwo([0.1, 0.1, 0.8])).toBe(true);
      expect(wantsTwo([0.1, 0.5, 0.4])).toBe(false);
    });
  });

  describe('NOVELTY', () => {
    const novelty = (more: object = {}) => sampler({ 'strategy-name': 'NOVELTY', ...more });
    const many = (times: number, ask: () => unknown) => Array.from({ length: times }, ask);

    it('learns first', () => {
      const keep = novelty();
      expect(many(20, () => keep(rows()))).not.toContain(true);
    });

    it('keeps the image in which the usual part is missing', () => {
      const keep = novelty();
      many(50, () => keep(rows(0.9)));
      expect(keep(rows(0.9))).toBe(false);
      expect(keep(rows(0.2))).toBe(true);
    });

    it('finds nothing strange about an empty image where half of them are empty', () => {
      const keep = novelty();
      many(50, () => [keep(rows(0.9)), keep(rows())]);
      expect(keep(rows())).toBe(false);
    });

    it('gets used to what stays away', () => {
      const keep = novelty({ window: 100, threshold: 0.05 });
      many(100, () => keep(rows(0.9, 0.8)));
      const kept = many(100, () => keep(rows())).filter(Boolean).length;
      expect(kept).toBe(6);
    });

    it('works on classifications: usually a confident class, now none', () => {
      const keep = novelty();
      many(30, () => keep([0.9, 0.1]));
      expect(keep([0.4, 0.3, 0.3])).toBe(true);
    });
  });

  it('DISAGREEMENT keeps what a challenger differs on, whatever was predicted', () => {
    const keep = sampler({ 'strategy-name': 'DISAGREEMENT' });
    expect(keep({ any: 'thing' }, { disagreement: 'bolt (0.9) became nut (0.7)' })).toBe(true);
    expect(keep([0.1, 0.9], { model: 'Parts 1.0.0' })).toBe(false);
  });

  describe('DRIFT', () => {
    const drift = sampler({ 'strategy-name': 'DRIFT', threshold: 0.02 });

    it('keeps what the baseline has little of, whatever was predicted', () => {
      expect(drift({ any: 'thing' }, { deviation: '0.0021 brightness' })).toBe(true);
      expect(drift([], { deviation: '0.02 scores' })).toBe(true);
      expect(drift([], { deviation: '0.0201 scores' })).toBe(false);
      expect(sampler({ 'strategy-name': 'DRIFT' })([], { deviation: '0.011 objects' })).toBe(false);
    });

    it.each([undefined, '', 'brightness', '2 brightness', '-1 brightness', 'NaN brightness'])(
      'says so if a sample does not tell how unusual it is: %s',
      (deviation) => {
        const unknown = expect.objectContaining({ code: 'sampling.deviation-unknown' }) as Error;
        expect(() => drift([], deviation === undefined ? {} : { deviation })).toThrow(unknown);
      },
    );
  });

  it.each([
    ['a text', 'not a prediction'],
    ['nothing', undefined],
    ['another object', { boxes: [] }],
    ['a negative score', [0.5, -0.1]],
    ['a score above 1 in a detection', rows(1.5)],
    ['a row without a score', { prediction: [[1]] }],
    ['a mixed list', [0.5, 'x']],
    ['an entry without a class', [{ score: 1 }]],
  ])('says what is wrong with %s', (_what, prediction) => {
    expect(() => least(0.5)(prediction)).toThrow(refused);
  });

  it('has every strategy of the table in the schema', () => {
    expect(STRATEGY_NAMES).toEqual([
      'RANDOM_SAMPLING',
      'LEAST_CONFIDENCE',
      'MARGIN',
      'ENTROPY',
      'CLASS',
      'NOVELTY',
      'DISAGREEMENT',
      'DRIFT',
      'ALL',
    ]);
  });
});

describe('quota', () => {
  const settings = { 'per-minute': 2, 'per-hour': 3 };

  it('names the bound that is reached, and opens again when the window has passed', async () => {
    const clock = new FakeClock();
    const kept = new UsageHistory(clock);
    expect(exceededQuota(settings, kept)).toBeUndefined();
    kept.add(1);
    expect(exceededQuota(settings, kept, 0)).toBeUndefined();
    expect(exceededQuota(settings, kept, 1)).toBe('quota of 2 samples per minute');
    kept.add(1);
    expect(exceededQuota(settings, kept)).toBe('quota of 2 samples per minute');
    await clock.advance(62_000);
    expect(exceededQuota(settings, kept)).toBeUndefined();
    kept.add(1);
    expect(exceededQuota(settings, kept)).toBe('quota of 3 samples per hour');
    await clock.advance(3_700_000);
    expect(exceededQuota(settings, kept)).toBeUndefined();
  });

  it('takes 0 as never, and no quota as always', () => {
    const kept = new UsageHistory(new FakeClock());
    expect(exceededQuota({ 'per-day': 0 }, kept)).toBe('quota of 0 samples per day');
    kept.add(1_000_000);
    expect(exceededQuota(undefined, kept)).toBeUndefined();
  });
});
