import { describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { encodeRuns } from '#packages/shapes';
import { comparePredictions } from './compare-predictions.ts';

const tolerance = { scoreTolerance: 0.05, iou: 0.9, pointTolerance: 0.05, angleTolerance: 0.1 };
const compare = (actual: Prediction, expected: Prediction) =>
  comparePredictions([actual], [expected], tolerance, { threshold: 0.5, limit: 10 });
const bolt: Prediction = { classId: 1, label: 'bolt', score: 0.8, box: [0.1, 0.1, 0.5, 0.5] };

describe('comparing poses', () => {
  const pose: Prediction = { ...bolt, keypoints: [[0.2, 0.2, 0.9], [0.4, 0.3, 0.1]] }; // prettier-ignore

  it('forgives points that move a little, and those that cannot be seen', () => {
    expect(compare({ ...pose, keypoints: [[0.215, 0.2, 0.88], [0.1, 0.1, 0.12]] }, pose)).toEqual([]); // prettier-ignore
  });

  it('names a point that lies elsewhere, or is seen otherwise', () => {
    expect(
      compare(
        {
          ...pose,
          keypoints: [
            [0.2, 0.24, 0.9],
            [0.4, 0.3, 0.3],
          ],
        },
        pose,
      ),
    ).toEqual([
      // prettier-ignore
      'class 1 (bolt) at [0.1, 0.1, 0.5, 0.5] has key point 0 at [0.2, 0.24] instead of [0.2, 0.2]',
      'class 1 (bolt) at [0.1, 0.1, 0.5, 0.5] has key point 1 with score 0.3 instead of 0.1',
    ]);
  });

  it('notices points that are missing, exchanged or too many', () => {
    expect(compare(bolt, pose)[0]).toContain('has 0 key points instead of 2');
    expect(compare(pose, bolt)[0]).toContain('has 2 key points, and none are expected');
    expect(compare({ ...pose, keypoints: [...pose.keypoints!].reverse() }, pose)).not.toEqual([]);
  });
});

describe('comparing turned boxes', () => {
  const turned = (angle: number, width = 0.4, height = 0.1): Prediction => {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const corner = (a: number, b: number) =>
      [0.3 + (a * width * cos - b * height * sin) / 2, 0.3 + (a * width * sin + b * height * cos) / 2] as const;
    return { ...bolt, corners: [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)], angle };
  };

  it('forgives a small turn, and half of one', () => {
    expect(compare(turned(0.51), turned(0.5))).toEqual([]);
    expect(compare(turned(0.005), turned(Math.PI - 0.005))).toEqual([]);
  });

  it('names a wrong angle and wrong corners', () => {
    const [corners, angle] = compare(turned(0.7), turned(0.5));
    expect(corners).toMatch(/has a turned box that overlaps the expected one by 0\.6\d*, and 0.9 is needed/);
    expect(angle).toContain('has the angle 0.7 instead of 0.5');
    expect(compare({ ...turned(0.5), angle: 0.7 }, turned(0.5))).toHaveLength(1);
    expect(compare(turned(0.5 + Math.PI / 2), turned(0.5))).toHaveLength(1);
    expect(compare(bolt, turned(0.5))[0]).toContain('is upright, and a turned box is expected');
    expect(compare(turned(0.5), bolt)[0]).toContain('is turned, and an upright box is expected');
  });
});

describe('comparing masks', () => {
  /** Of 10 × 10 pixels, one run. */
  const masked = (from: number, pixels: number): Prediction => ({
    ...bolt,
    mask: { size: [10, 10], counts: encodeRuns([from, pixels, 100 - from - pixels]) },
  });

  it('forgives some pixels, and names a mask that lies elsewhere', () => {
    expect(compare(masked(20, 38), masked(20, 40))).toEqual([]);
    expect(compare(masked(30, 40), masked(20, 40))[0]).toContain(
      'has a mask that overlaps the expected one by 0.6, and 0.9 is needed',
    );
    expect(compare(bolt, masked(20, 40))[0]).toContain('does not have a mask');
    expect(compare(masked(20, 40), bolt)[0]).toContain('has a mask, and none is expected');
  });

  it('compares outlines with runs', () => {
    const columns: Prediction = { ...bolt, mask: { polygons: [[0.2, 0, 0.5, 0, 0.5, 1, 0.2, 1]] } };
    expect(compare(columns, masked(20, 30))).toEqual([]);
    expect(compare(columns, masked(30, 30))).toHaveLength(1);
  });
});

describe('comparing classes of pixels', () => {
  const mask = { size: [10, 10], counts: encodeRuns([20, 40, 40]) } as const;
  const belt: Prediction = { classId: 0, label: 'belt', score: 0.9, share: 0.4, mask };
  const dirt: Prediction = { ...belt, classId: 1, label: 'dirt', share: 0.03 };
  const between = (actual: readonly Prediction[], expected: readonly Prediction[]) =>
    comparePredictions(actual, expected, tolerance, { threshold: -Infinity, limit: Infinity });

  it('names a class that is missing, too much, or of another share', () => {
    expect(between([belt], [belt])).toEqual([]);
    expect(between([], [belt])).toEqual(['class 0 (belt) with score 0.9 is missing']);
    expect(between([belt, { ...dirt, score: 0.2, share: 0.3 }], [belt])).toEqual([
      'class 1 (dirt) with score 0.2 is not expected',
    ]);
    expect(between([{ ...belt, share: 0.5 }], [belt])).toEqual([
      'class 0 (belt) covers 0.5 of the image instead of 0.4',
    ]);
  });

  it('forgives a class of a few pixels that comes or goes', () => {
    expect(between([belt, dirt], [belt])).toEqual([]);
    expect(between([belt], [belt, dirt])).toEqual([]);
  });
});
