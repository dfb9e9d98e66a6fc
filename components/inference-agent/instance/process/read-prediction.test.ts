import { describe, expect, it } from 'vitest';
import { predictionOf } from './read-prediction.ts';

const bolt = { classId: 1, label: 'bolt', score: 0.9, box: [0, 0, 1, 1] };
const corners = [[0, 0], [1, 0], [1, 1], [-0.1, 1]]; // prettier-ignore

describe('predictionOf', () => {
  it.each([
    { classId: 1, label: 'bolt', score: 0.9 },
    bolt,
    { classId: 1, label: 'belt', score: 0.9, share: 0.4, mask: { size: [2, 3], counts: '06' } },
    { classId: 1, label: 'anomaly', score: 0.9, threshold: 0.5, heatMap: { size: [1, 2], values: 'AP8=' } },
    { ...bolt, keypoints: [[0.1, 0.2], [0.3, 0.4, 0.5]] }, // prettier-ignore
    { ...bolt, corners, angle: 1.2 },
    { ...bolt, mask: { size: [2, 3], counts: '06' } },
    { ...bolt, mask: { polygons: [[0, 0, 1, 0, 1, 1]] } },
  ])('takes %j as it is, and nothing that it does not know', (prediction) => {
    expect(predictionOf({ ...prediction, other: 'x' })).toEqual(prediction);
  });

  it.each([
    ['a box of three', { box: [0, 0, 1] }],
    ['a point of four', { keypoints: [[0, 0, 1, 1]] }],
    ['points that are none', { keypoints: 'many' }],
    ['three corners', { corners: corners.slice(1) }],
    ['an angle in words', { angle: 'steep' }],
    ['a heat map without its size', { heatMap: { values: 'AP8=' } }],
    ['a threshold in words', { threshold: 'high' }],
    ['a mask of nothing', { mask: {} }],
    ['a mask without its size', { mask: { counts: '06' } }],
    ['an outline of two points', { mask: { polygons: [[0, 0, 1, 1]] } }],
    ['an outline of words', { mask: { polygons: [['a', 'b', 'c', 'd', 'e', 'f']] } }],
  ])('refuses %s', (_what, wrong) => {
    expect(() => predictionOf({ ...bolt, ...wrong })).toThrow(Error);
  });
});
