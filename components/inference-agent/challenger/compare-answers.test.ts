import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box, Prediction } from '#packages/model-package';
import { compareAnswers } from './compare-answers.ts';

const boxed = (label: string, score: number, box: Box): Prediction => ({ classId: 0, label, score, box });
const ranked = (label: string, score: number): Prediction => ({ classId: 0, label, score });
const compare = (champion: readonly Prediction[], challenger: readonly Prediction[], threshold = 0.3) =>
  compareAnswers({ predictions: champion, threshold }, { predictions: challenger, threshold });

const LEFT: Box = [0, 0, 0.4, 0.4];
const NEARLY_LEFT: Box = [0.02, 0, 0.42, 0.4];
const RIGHT: Box = [0.6, 0.6, 1, 1];

describe('compareAnswers', () => {
  it('matches boxes of one class that overlap, whatever their order', () => {
    const found = compare(
      [boxed('bolt', 0.9, LEFT), boxed('nut', 0.8, RIGHT)],
      [boxed('nut', 0.7, RIGHT), boxed('bolt', 0.95, NEARLY_LEFT)],
    );
    expect(found).toMatchObject({ same: 2, otherClass: 0, championOnly: 0, challengerOnly: 0, reason: undefined });
    expect(found.ious.map((iou) => Math.round(iou * 100))).toEqual([100, 90]);
    expect(found.scoreDifferences.map((difference) => Math.round(difference * 100))).toEqual([-10, 5]);
  });

  it('says what became another class, what is missing and what is new', () => {
    const found = compare(
      [boxed('bolt', 0.9, LEFT), boxed('nut', 0.8, RIGHT)],
      [boxed('screw', 0.7, LEFT), boxed('cog', 0.6, [0.6, 0, 1, 0.4])],
    );
    expect(found).toMatchObject({ same: 0, otherClass: 1, championOnly: 1, challengerOnly: 1 });
    expect(found.reason).toBe('bolt (0.9) became screw (0.7), nut (0.8) is missing, cog (0.6) is new');
  });

  it('prefers a box of the same class to one that overlaps more', () => {
    const found = compare([boxed('bolt', 0.9, LEFT)], [boxed('nut', 0.9, LEFT), boxed('bolt', 0.9, NEARLY_LEFT)]);
    expect(found).toMatchObject({ same: 1, otherClass: 0, challengerOnly: 1 });
  });

  it('does not hold a finding just above the threshold of the other model against it', () => {
    expect(compare([boxed('bolt', 0.34, LEFT)], [])).toMatchObject({ championOnly: 0, reason: undefined });
    expect(compare([boxed('bolt', 0.36, LEFT)], [])).toMatchObject({ championOnly: 1 });
    const stricter = compareAnswers(
      { predictions: [boxed('bolt', 0.5, LEFT)], threshold: 0.3 },
      { predictions: [], threshold: 0.6 },
    );
    expect(stricter.reason).toBeUndefined();
  });

  it('compares the best class if there are no boxes', () => {
    expect(compare([ranked('bolt', 0.9), ranked('nut', 0.1)], [ranked('bolt', 0.6)])).toMatchObject({ same: 1 });
    expect(compare([ranked('bolt', 0.9)], [ranked('nut', 0.6)]).reason).toBe('bolt (0.9) became nut (0.6)');
    expect(compare([], []).reason).toBeUndefined();
  });

  it('tells the first three differences and counts the rest', () => {
    const many = [0, 1, 2, 3, 4].map((at) => boxed(`part${at}`, 0.9, [at / 5, 0, (at + 1) / 5, 0.2]));
    expect(compare(many, []).reason).toBe(
      'part0 (0.9) is missing, part1 (0.9) is missing, part2 (0.9) is missing, 2 more',
    );
  });

  const box = fc
    .tuple(fc.double({ min: 0, max: 0.8, noNaN: true }), fc.double({ min: 0, max: 0.8, noNaN: true }))
    .map(([x, y]): Box => [x, y, x + 0.2, y + 0.2]);
  const answer = fc.array(
    fc.record({
      classId: fc.constant(0),
      label: fc.constantFrom('a', 'b'),
      score: fc.double({ min: 0.4, max: 1, noNaN: true }),
      box,
    }),
    { minLength: 1, maxLength: 8 },
  );

  it('agrees with itself, counts every finding once, and does not depend on the order', () => {
    fc.assert(
      fc.property(answer, answer, (one, other) => {
        expect(compare(one, one)).toMatchObject({ same: one.length, reason: undefined });
        const [there, back] = [compare(one, other), compare(other, one)];
        expect(there.same + there.otherClass + there.championOnly).toBe(one.length);
        expect(there.same + there.otherClass + there.challengerOnly).toBe(other.length);
        expect([there.same, there.championOnly]).toEqual([back.same, back.challengerOnly]);
      }),
      { numRuns: 200 },
    );
  });
});
