import { describe, expect, it } from 'vitest';
import { blankPicture } from '#packages/jpeg';
import type { Prediction } from '#packages/model-package';
import { encodeRuns } from '#packages/shapes';
import { drawOverlay } from './draw-overlay.ts';
import { colorOf } from './palette.ts';
import { PictureSurface } from './surface/picture-surface.ts';
import { RgbSurface } from './surface/rgb-surface.ts';

const SIDE = 400;
/** At the lower edge, so that its label does not lie over what is looked at. */
const bolt: Prediction = { classId: 0, label: 'bolt', score: 0.97, box: [0.1, 0.2, 0.9, 0.9] };
const color = [...colorOf(0).fill];

function drawn(prediction: Prediction) {
  const data = new Uint8Array(3 * SIDE * SIDE).fill(100);
  drawOverlay(new RgbSurface(data, SIDE, SIDE), [prediction]);
  return (x: number, y: number): readonly number[] => {
    const at = 3 * (Math.round(y * SIDE) * SIDE + Math.round(x * SIDE));
    return [...data.subarray(at, at + 3)];
  };
}

describe('drawOverlay', () => {
  it('draws a turned box along its sides, and no upright one', () => {
    const corners = [[0.5, 0.2], [0.9, 0.55], [0.5, 0.9], [0.1, 0.55]] as const; // prettier-ignore
    const at = drawn({ ...bolt, corners, angle: 0.72 });
    expect(at(0.7, 0.375)).toEqual(color);
    expect(at(0.3, 0.725)).toEqual(color);
    expect(at(0.9, 0.3)).toEqual([100, 100, 100]);
    expect(at(0.5, 0.55)).toEqual([100, 100, 100]);
  });

  it('draws the points that are seen, and the limbs of a person', () => {
    const person = Array.from({ length: 17 }, () => [0.2, 0.8, 0.01] as [number, number, number]);
    // The left ankle and knee.
    person[15] = [0.3, 0.5, 0.9];
    person[13] = [0.7, 0.5, 0.9];
    const at = drawn({ ...bolt, keypoints: person });
    expect(at(0.3, 0.5)).toEqual([255, 255, 255]);
    expect(at(0.5, 0.5)).toEqual(color);
    expect(at(0.2, 0.8)).toEqual([100, 100, 100]);
    const loose = drawn({ ...bolt, keypoints: person.slice(13, 16) });
    expect(loose(0.3, 0.5)).toEqual([255, 255, 255]);
    expect(loose(0.5, 0.5)).toEqual([100, 100, 100]);
  });

  it.each([
    ['runs', { size: [10, 10], counts: encodeRuns([33, 3, 7, 3, 54]) }],
    ['outlines', { polygons: [[0.3, 0.3, 0.5, 0.3, 0.5, 0.6, 0.3, 0.6]] }],
  ] as const)('lays the color of the class over the pixels of a mask told by %s', (_form, mask) => {
    const at = drawn({ ...bolt, mask });
    const mixed = color.map((part) => 100 + 0.45 * (part - 100));
    for (const [x, y] of [
      [0.31, 0.31],
      [0.48, 0.58],
      [0.4, 0.45],
    ] as const) {
      // prettier-ignore
      at(x, y).forEach((part, channel) => expect(Math.abs(part - (mixed[channel] as number))).toBeLessThan(2));
    }
    for (const [x, y] of [[0.28, 0.45], [0.52, 0.45], [0.4, 0.62]] as const) expect(at(x, y)).toEqual([100, 100, 100]); // prettier-ignore
  });

  it('lays the color of a class over its pixels, without a frame, and tells its share', () => {
    const mask = { size: [10, 10], counts: encodeRuns([33, 3, 7, 3, 54]) } as const;
    const at = drawn({ classId: 0, label: 'belt', score: 0.97, share: 0.06, mask });
    color.forEach((part, channel) =>
      expect(Math.abs((at(0.4, 0.45)[channel] as number) - (100 + 0.45 * (part - 100)))).toBeLessThan(2),
    );
    expect(at(0.28, 0.45)).toEqual([100, 100, 100]);
    expect(at(0.001, 0.5)).toEqual([100, 100, 100]);
  });

  it('lays red over an anomaly, amber over what comes near to one, and nothing over the rest', () => {
    const values = Buffer.from([0, 120, 120, 255]).toString('base64');
    const at = drawn({ classId: 1, label: 'anomaly', score: 1, threshold: 0.5, heatMap: { size: [2, 2], values } });
    expect(at(0.1, 0.1)).toEqual([100, 100, 100]);
    const [red, amber] = [at(0.9, 0.8), at(0.9, 0.05)];
    expect(red[0]).toBeGreaterThan(150);
    expect(red[1]).toBeLessThan(90);
    expect(amber[0]).toBeGreaterThan(amber[1]!);
    expect(amber[1]).toBeGreaterThan(100);
    // Another sensitivity, another picture.
    const strict = drawn({ classId: 1, label: 'anomaly', score: 1, threshold: 0.3, heatMap: { size: [2, 2], values } });
    expect(strict(0.9, 0.05)[1]).toBeLessThan(90);
  });

  it('stays inside the picture, whatever a model says', () => {
    const picture = blankPicture(33, 21);
    const watched = new Uint8Array(picture.data.length + 64).fill(9);
    const surface = new PictureSurface({ ...picture, data: watched.subarray(32, 32 + picture.data.length) });
    const far = [[-3, -2], [4, 0.5], [0.5, 9], [NaN, 0.2]] as const; // prettier-ignore
    drawOverlay(surface, [
      { ...bolt, corners: far, keypoints: [[-5, 7, 1], [0.5, 0.5]] }, // prettier-ignore
      { ...bolt, box: [-0.5, -0.5, 1.5, 1.5], mask: { polygons: [[-1, -1, 3, -1, 3, 3]] } },
      { ...bolt, mask: { size: [1e9, 1e9], counts: 'ooo' } },
      { ...bolt, heatMap: { size: [1e9, 1e9], values: 'AAAA' } },
      { ...bolt, heatMap: { size: [1, 2], values: '////////' } },
    ]);
    expect(watched.subarray(0, 32).every((value) => value === 9)).toBe(true);
    expect(watched.subarray(-32).every((value) => value === 9)).toBe(true);
  });
});
