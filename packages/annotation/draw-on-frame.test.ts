import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { frameBytes, planesOf, tightStrides } from '#packages/frames';
import type { FrameFormat, RawFrame } from '#packages/frames';
import { blankPicture } from '#packages/jpeg';
import type { Prediction } from '#packages/model-package';
import { drawOnFrame } from './draw-on-frame.ts';
import { drawOverlay } from './draw-overlay.ts';
import { colorOf } from './palette.ts';
import { resizePicture } from './resize-picture.ts';
import { PictureSurface } from './surface/picture-surface.ts';

const settings = { maxEdge: 1_920, quality: 95 };
const bolt: Prediction = { classId: 0, label: 'bolt', score: 0.97, box: [0.25, 0.25, 0.75, 0.75] };

/** Gray all over: 112 of limited range is 112. */
function grayFrame(width: number, height: number, format: FrameFormat = 'yuv420p'): RawFrame {
  const layout = {
    width,
    height,
    format,
    strides: tightStrides(format, width),
    matrix: 'bt709',
    range: 'limited',
  } as const;
  const data = new Uint8Array(frameBytes(layout)).fill(112);
  for (const { offset } of planesOf(layout).slice(1)) data.fill(128, offset);
  return { ...layout, data };
}

async function pixelsOf(jpeg: Buffer) {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): readonly number[] => {
    const start = (Math.round(y) * info.width + Math.round(x)) * 3;
    return [...data.subarray(start, start + 3)];
  };
  return { ...info, at };
}

/** A line of two pixels shares its color with its neighbors: JPEG has one for 2 × 2. */
const BLURRED = 90;

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((part, index) => Math.abs(part - (b[index] ?? 0))));

describe('drawOnFrame', () => {
  it.each(['yuv420p', 'nv12', 'rgb24', 'gray'] as const)('draws in the color of the class on %s', async (format) => {
    const frame = grayFrame(800, 600, format);
    const before = Uint8Array.from(frame.data);

    const drawn = await pixelsOf(await drawOnFrame(frame, [bolt], settings));

    expect([drawn.width, drawn.height]).toEqual([800, 600]);
    for (const [x, y] of [
      [200, 300],
      [600, 300],
      [400, 150],
      [400, 450],
    ] as const)
      expect(distance(drawn.at(x, y), colorOf(0).fill)).toBeLessThan(BLURRED);
    expect(distance(drawn.at(400, 300), [112, 112, 112])).toBeLessThan(3);
    expect(Buffer.compare(frame.data, before)).toBe(0);
  });

  it('makes small frames large enough to read, and large ones as small as they are wanted', async () => {
    const small = await pixelsOf(await drawOnFrame(grayFrame(63, 47), [bolt], settings));
    const large = await pixelsOf(await drawOnFrame(grayFrame(3_000, 1_000), [bolt], settings));

    expect([small.width, small.height]).toEqual([640, 477]);
    expect([large.width, large.height]).toEqual([1_920, 640]);
    expect(distance(large.at(480, 320), colorOf(0).fill)).toBeLessThan(BLURRED);
    expect(distance(large.at(960, 320), [112, 112, 112])).toBeLessThan(3);
  });

  it('says what is wrong with a frame that it cannot draw on', async () => {
    const frame = { ...grayFrame(64, 48), height: 49 };
    await expect(drawOnFrame(frame, [], settings)).rejects.toMatchObject({ code: 'annotation.failed' });
  });
});

describe('PictureSurface', () => {
  it('writes to no byte but those of the picture, at odd places and sizes too', () => {
    for (const [width, height] of [
      [33, 21],
      [64, 48],
    ] as const) {
      const picture = blankPicture(width, height);
      const watched = new Uint8Array(picture.data.length + 64).fill(9);
      const data = watched.subarray(32, 32 + picture.data.length);
      drawOverlay(new PictureSurface({ ...picture, data }), [
        { ...bolt, box: [-0.1, -0.1, 1.1, 1.1] },
        bolt,
        { ...bolt, box: undefined } as never,
      ]);
      expect(watched.subarray(0, 32).every((value) => value === 9)).toBe(true);
      expect(watched.subarray(-32).every((value) => value === 9)).toBe(true);
      // Padding of the rows is not drawn on.
      if (picture.luma.columns < picture.luma.stride) expect(data[picture.luma.columns]).toBe(9);
    }
  });

  it('lays colors over as opaque as they are, whole pixels of color where all four are covered', () => {
    const picture = blankPicture(8, 8);
    const coverage = new Uint8Array(64).fill(255);
    new PictureSurface(picture).blend({ x: 3, y: 2, width: 3, height: 2, coverage }, [255, 255, 255], 0.5);
    const row = picture.data.subarray(picture.luma.offset + 2 * picture.luma.stride);
    expect([...row.subarray(2, 7)]).toEqual([0, 128, 128, 128, 0]);
    new PictureSurface(picture).blend({ x: 3, y: 2, width: 3, height: 2, coverage }, [255, 0, 0], 1);
    const red = picture.data.subarray(picture.red.offset + picture.red.stride);
    expect([...red.subarray(0, 4)]).toEqual([128, 192, 255, 128]);
  });
});

describe('resizePicture', () => {
  it('keeps a plain picture plain and a slope a slope, larger and smaller', () => {
    const picture = blankPicture(64, 40);
    for (let y = 0; y < 40; y++) for (let x = 0; x < 64; x++) picture.data[y * picture.luma.stride + x] = 2 * x;
    for (const [width, height] of [
      [31, 20],
      [128, 81],
    ] as const) {
      const { data, luma, blue } = resizePicture(picture, { width, height });
      for (let x = 4; x < width - 4; x++) {
        const wanted = 2 * ((x + 0.5) * (64 / (width + (width & 1))) - 0.5);
        expect(Math.abs((data[10 * luma.stride + x] as number) - wanted)).toBeLessThanOrEqual(1);
      }
      expect(data[blue.offset + 3]).toBe(128);
    }
  });
});
