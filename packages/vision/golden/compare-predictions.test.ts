import { describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { boxIou, comparePredictions } from './compare-predictions.ts';

const tolerance = { scoreTolerance: 0.05, iou: 0.9, pointTolerance: 0.05, angleTolerance: 0.1 };
const detector = { threshold: 0.5, limit: 10 };
const classifier = { threshold: -Infinity, limit: 3 };

const dog: Prediction = { classId: 1, label: 'dog', score: 0.8, box: [0.1, 0.1, 0.5, 0.5] };
const cat: Prediction = { classId: 2, label: 'cat', score: 0.7, box: [0.4, 0.4, 0.9, 0.9] };
const rank = (classId: number, score: number): Prediction => ({ classId, label: `class${classId}`, score });

describe('comparing detections', () => {
  const compare = (actual: readonly Prediction[], expected: readonly Prediction[]) =>
    comparePredictions(actual, expected, tolerance, detector);

  it('finds equal lists equal, in any order', () => {
    expect(compare([dog, cat], [cat, dog])).toEqual([]);
  });

  it('forgives small differences of score and place', () => {
    expect(compare([{ ...dog, score: 0.76, box: [0.1, 0.1, 0.5, 0.49] }], [dog])).toEqual([]);
  });

  it('names what is missing, what is too much and what scores otherwise', () => {
    const [score] = compare([{ ...dog, score: 0.9 }], [dog]);
    expect(score).toBe('class 1 (dog) at [0.1, 0.1, 0.5, 0.5] scores 0.9 instead of 0.8');
    expect(compare([], [dog])).toEqual(['class 1 (dog) at [0.1, 0.1, 0.5, 0.5] with score 0.8 is missing']);
    expect(compare([dog, cat], [dog])).toEqual([
      'class 2 (cat) at [0.4, 0.4, 0.9, 0.9] with score 0.7 is not expected',
    ]);
  });

  it('does not take a moved box for the expected one', () => {
    expect(compare([{ ...dog, box: [0.2, 0.2, 0.6, 0.6] }], [dog])).toHaveLength(2);
  });

  it('forgives boxes that the tolerance can push over the threshold', () => {
    const faint: Prediction = { ...dog, score: 0.54 };
    expect(compare([], [faint])).toEqual([]);
    expect(compare([faint], [])).toEqual([]);
    expect(compare([], [{ ...dog, score: 0.56 }])).toHaveLength(1);
  });

  it('pairs two boxes at one place each with its own', () => {
    const other = { ...dog, score: 0.6 };
    expect(compare([other, dog], [dog, other])).toEqual([]);
  });

  it('notices exchanged labels', () => {
    expect(compare([{ ...dog, label: 'cat' }], [dog])).toEqual(['class 1 is called "cat" instead of "dog"']);
  });
});

describe('comparing classes', () => {
  const compare = (actual: readonly Prediction[], expected: readonly Prediction[]) =>
    comparePredictions(actual, expected, tolerance, classifier);

  it('takes an expectation of the best class alone', () => {
    expect(compare([rank(7, 0.86), rank(3, 0.07), rank(4, 0.04)], [rank(7, 0.84)])).toEqual([]);
    expect(compare([rank(3, 0.5), rank(7, 0.3), rank(4, 0.1)], [rank(7, 0.84)])[0]).toContain(
      'scores 0.3 instead of 0.84',
    );
    expect(compare([rank(3, 0.9), rank(4, 0.05), rank(5, 0.01)], [rank(7, 0.84)])[0]).toContain(
      'class 7 (class7) with score 0.84 is missing',
    );
  });

  it('lets the last of a full list change places', () => {
    expect(compare([rank(1, 0.8), rank(2, 0.1), rank(3, 0.02)], [rank(1, 0.8), rank(2, 0.1), rank(4, 0.021)])).toEqual(
      [],
    );
  });

  it('refuses scores that are not numbers', () => {
    expect(compare([rank(1, NaN)], [rank(1, 0.8)])).toHaveLength(1);
  });
});

describe('boxIou', () => {
  it('is 1 for the same box, 0 for distant and for empty ones', () => {
    expect(boxIou([0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5])).toBe(1);
    expect(boxIou([0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5])).toBe(0);
    expect(boxIou([0.2, 0.2, 0.2, 0.2], [0.2, 0.2, 0.2, 0.2])).toBe(0);
    expect(boxIou([0, 0, 1, 1], [0, 0, 1, 0.5])).toBe(0.5);
  });
});
