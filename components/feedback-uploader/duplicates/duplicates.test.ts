import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { hashDistance, hashPicture } from './picture-hash.ts';
import { RecentSamples } from './recent-samples.ts';

const SAMPLES = path.join(import.meta.dirname, '../../../artifacts/samples');
const belt = await readFile(path.join(SAMPLES, 'belt-01.jpg'));

const box = (classId: number, x: number, score = 0.9) => ({ classId, score, box: [x, 0.1, x + 0.2, 0.3] as const });
const hashOf = async (image: Uint8Array) => (await hashPicture(image)) ?? Buffer.from('not a picture');

describe('hashPicture', () => {
  it.each<[string, (image: Sharp) => Sharp]>([
    ['of half the size', (image) => image.resize({ width: 400 })],
    ['of poor quality', (image) => image.jpeg({ quality: 30 })],
    ['as PNG', (image) => image.png()],
    ['that is darker', (image) => image.linear(0.8, 0)],
  ])('hardly differs for the picture %s', async (_what, change) => {
    const other = await change(sharp(belt)).toBuffer();
    expect(hashDistance(await hashOf(belt), await hashOf(other))).toBeLessThanOrEqual(8);
  });

  it('differs much for the picture from its other side, and upright is upright', async () => {
    const mirrored = await sharp(belt).flop().toBuffer();
    expect(hashDistance(await hashOf(belt), await hashOf(mirrored))).toBeGreaterThan(19);
    const turned = await sharp(belt).rotate(90).withMetadata({ orientation: 8 }).toBuffer();
    expect(hashDistance(await hashOf(belt), await hashOf(turned))).toBeLessThanOrEqual(8);
  });

  it('is none of what is not a picture, or of a broken one', async () => {
    expect(await hashPicture(Buffer.from('pixels'))).toBeUndefined();
    expect(await hashPicture(belt.subarray(0, 200))).toBeUndefined();
  });
});

describe('RecentSamples', () => {
  const hash = new Uint8Array(32);
  const three = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 7 : 0));

  it('knows a sample again that looks and says the same', () => {
    const recent = new RecentSamples();
    recent.add('a', hash, [box(1, 0.1), box(2, 0.5)]);
    expect(recent.duplicateOf(three, [box(2, 0.52, 0.4), box(1, 0.1)], 3)).toEqual({ of: 'a', bits: 3 });
    expect(recent.duplicateOf(three, [box(2, 0.5), box(1, 0.1)], 2)).toBeUndefined();
  });

  it.each([
    ['one more object', [box(1, 0.1), box(2, 0.5), box(2, 0.7)]],
    ['one less', [box(1, 0.1)]],
    ['another class', [box(1, 0.1), box(3, 0.5)]],
    ['an object that has moved', [box(1, 0.1), box(2, 0.7)]],
    ['nothing', []],
  ])('takes %s before a fixed camera for something new', (_what, outcomes) => {
    const recent = new RecentSamples();
    recent.add('a', hash, [box(1, 0.1), box(2, 0.5)]);
    expect(recent.duplicateOf(hash, outcomes, 8)).toBeUndefined();
  });

  it('compares the best class of a classifier', () => {
    const recent = new RecentSamples();
    recent.add(
      'a',
      hash,
      [0.1, 0.7, 0.2].map((score, classId) => ({ classId, score })),
    );
    const again = (scores: readonly number[]) =>
      recent.duplicateOf(
        hash,
        scores.map((score, classId) => ({ classId, score })),
        0,
      )?.of;
    expect([again([0.2, 0.6, 0.2]), again([0.6, 0.2, 0.2])]).toEqual(['a', undefined]);
  });

  it('forgets the oldest beyond 1,000, and what was not sent after all', () => {
    const recent = new RecentSamples();
    for (let sample = 0; sample <= 1_000; sample++) recent.add(String(sample), hash, [box(sample, 0)]);
    const isKnown = (classId: number) => recent.duplicateOf(hash, [box(classId, 0)], 0) !== undefined;
    expect([isKnown(0), isKnown(1), isKnown(1_000)]).toEqual([false, true, true]);
    recent.forget('1000');
    expect(isKnown(1_000)).toBe(false);
  });
});
