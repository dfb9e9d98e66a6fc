import { describe, expect, it } from 'vitest';
import { Rarity } from './rarity.ts';
import type { Observation } from './sketch/observation.ts';
import { Sketch } from './sketch/sketch.ts';

/** Numbers below 1 that look random and are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** A street by day: two classes, one five times as often as the other. */
function street(random: () => number): Observation {
  const bell = (): number => (random() + random() + random() + random()) / 4;
  return {
    predictions: Array.from({ length: Math.floor(4 * random()) }, () => {
      const [x, y, side] = [0.6 * random(), 0.6 * random(), 0.05 + 0.2 * random()];
      return { classId: random() < 0.8 ? 0 : 1, score: 0.4 + 0.6 * bell(), box: [x, y, x + side, y + side] as const };
    }),
    picture: {
      brightness: 80 + 80 * bell(),
      contrast: 0.3 + 0.3 * bell(),
      sharpness: 0.5 + bell(),
      layout: new Uint8Array(48),
    },
  };
}

function baselineOf(images: number): Rarity {
  const random = numbers(7);
  const sketch = new Sketch();
  for (let image = 0; image < images; image++) sketch.add(street(random));
  return new Rarity(sketch);
}

describe('Rarity', () => {
  const usual = street(numbers(3));

  it.each([0.01, 0.05, 0.2])('is at most %f for no more than that part of pictures as the baseline', (threshold) => {
    const rarity = baselineOf(3_000);
    const random = numbers(11);
    const shares = Array.from({ length: 3_000 }, () => rarity.of(street(random)).share);
    const part = shares.filter((share) => share <= threshold).length / shares.length;
    // Three standard deviations of chance.
    expect(part).toBeLessThan(threshold + 3 * Math.sqrt((threshold * (1 - threshold)) / 3_000));
    expect(shares.filter((share) => share <= 0.2).length).toBeGreaterThan(0);
  });

  it.each<[string, Observation, string]>([
    [
      'a class that was never seen',
      { ...usual, predictions: [{ classId: 9, score: 0.7, box: [0, 0, 0.2, 0.2] }] },
      'classes',
    ],
    ['the dark', { ...usual, picture: { ...usual.picture!, brightness: 3 } }, 'brightness'],
    ['fog', { ...usual, picture: { ...usual.picture!, contrast: 0.02 } }, 'contrast'],
    [
      'a crowd',
      {
        ...usual,
        predictions: Array.from({ length: 12 }, () => ({ classId: 0, score: 0.7, box: [0, 0, 0.2, 0.2] as const })),
      },
      'objects',
    ],
    ['a giant', { ...usual, predictions: [{ classId: 0, score: 0.7, box: [0, 0, 1, 1] }] }, 'size'],
    ['doubt', { ...usual, predictions: [{ classId: 0, score: 0.05, box: [0, 0, 0.2, 0.2] }] }, 'scores'],
  ])('tells %s', (_what, observation, feature) => {
    const deviation = baselineOf(3_000).of(observation);
    expect(deviation.feature).toBe(feature);
    expect(deviation.share).toBeLessThan(0.01);
  });

  it('claims no more than a small baseline can know', () => {
    const dark = { predictions: [], picture: { ...usual.picture!, brightness: 3 } };
    expect(baselineOf(20).of(dark).share).toBeGreaterThan(0.1);
  });

  it('does without pictures, predictions, and a baseline of anything', () => {
    expect(baselineOf(500).of({ predictions: [] }).feature).toBe('objects');
    expect(new Rarity(new Sketch()).of(usual)).toEqual({ feature: 'objects', share: 1 });
  });
});
