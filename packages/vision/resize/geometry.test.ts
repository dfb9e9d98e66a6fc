import { describe, expect, it } from 'vitest';

import { geometryOf } from './geometry.ts';

const spec = (resize: 'stretch' | 'letterbox' | 'center-crop', changes: object = {}) => ({
  width: 640,
  height: 640,
  resize,
  align: 'center' as const,
  cropFraction: 1,
  ...changes,
});

/** Where a corner of the image lies in the tensor, and back. */
function roundTrip(geometry: ReturnType<typeof geometryOf>, x: number, y: number): [number, number] {
  const { placement } = geometry;
  const inTensor = [(x - placement.offsetX) / placement.scaleX, (y - placement.offsetY) / placement.scaleY] as const;
  const pixel = (value: number): number => Math.round(value * 1e9) / 1e9;
  return [pixel(inTensor[0] * geometry.tensor.width), pixel(inTensor[1] * geometry.tensor.height)];
}

describe('letterbox', () => {
  it('centres the image between bars, as Ultralytics does', () => {
    const geometry = geometryOf({ width: 1280, height: 720 }, spec('letterbox'));
    expect(geometry).toMatchObject({ resized: { width: 640, height: 360 }, at: { x: 0, y: 140 } });
    expect(roundTrip(geometry, 0, 0)).toEqual([0, 140]);
    expect(roundTrip(geometry, 1, 1)).toEqual([640, 500]);
  });

  it('gives an odd bar more behind than before', () => {
    expect(geometryOf({ width: 1000, height: 333 }, spec('letterbox'))).toMatchObject({
      resized: { width: 640, height: 213 },
      at: { y: 213 },
    });
  });

  it('puts the image at the top left and rounds down, as YOLOX does', () => {
    const geometry = geometryOf({ width: 1000, height: 333 }, spec('letterbox', { align: 'top-left' }));
    expect(geometry).toMatchObject({ resized: { width: 640, height: 213 }, at: { x: 0, y: 0 } });
    expect(geometry.placement.offsetX).toBe(0);
    expect(geometry.placement.scaleY).toBeCloseTo(640 / 213, 12);
  });

  it('keeps a line of an image that is far too wide', () => {
    expect(geometryOf({ width: 10_000, height: 3 }, spec('letterbox')).resized).toEqual({ width: 640, height: 1 });
  });
});

describe('center-crop', () => {
  it('takes 224 out of 256 of the shorter side, as torchvision does', () => {
    const geometry = geometryOf(
      { width: 640, height: 480 },
      spec('center-crop', { width: 224, height: 224, cropFraction: 0.875 }),
    );
    expect(geometry).toMatchObject({
      resized: { width: 341, height: 256 },
      window: { x: 58, y: 16, width: 224, height: 224 },
    });
    expect(roundTrip(geometry, 58 / 341, 16 / 256).map(Math.round)).toEqual([0, 0]);
  });

  it('never leaves the image', () => {
    for (const [width, height] of [
      [1, 1],
      [3, 1000],
      [1000, 3],
      [224, 224],
      [223, 225],
    ] as const) {
      const { window, resized } = geometryOf({ width, height }, spec('center-crop', { width: 224, height: 100 }));
      expect(window.x).toBeGreaterThanOrEqual(0);
      expect(window.x + window.width).toBeLessThanOrEqual(resized.width);
      expect(window.y).toBeGreaterThanOrEqual(0);
      expect(window.y + window.height).toBeLessThanOrEqual(resized.height);
    }
  });
});

describe('stretch', () => {
  it('is the identity in fractions', () => {
    expect(geometryOf({ width: 123, height: 45 }, spec('stretch')).placement).toEqual({
      scaleX: 1,
      scaleY: 1,
      offsetX: 0,
      offsetY: 0,
    });
  });
});
