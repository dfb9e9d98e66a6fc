import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { frameBytes, planesOf, tightStrides } from '#packages/frames';
import type { FrameFormat, FrameLayout, RawFrame } from '#packages/frames';
import { plainKernels } from './color-kernels.ts';
import { encodeFrame } from './encode-frame.ts';
import { PictureMaker } from './picture-maker.ts';
import { planesToRgb } from './planes-to-rgb.ts';

/** One color in all pixels, given as planes of the format have it. */
function plainFrame(layout: Omit<FrameLayout, 'strides'>, values: readonly number[], padding = 0): RawFrame {
  const strides = tightStrides(layout.format, layout.width).map((stride) => stride + padding);
  const frame = { ...layout, strides, data: new Uint8Array(frameBytes({ ...layout, strides })) };
  planesOf(frame).forEach(({ offset, stride, rows }, index) => {
    const cycle =
      layout.format === 'nv12' && index === 1
        ? values.slice(1)
        : layout.format.endsWith('24')
          ? values
          : [values[index]!];
    for (let row = 0; row < rows; row++)
      for (let at = 0; at < stride; at++) frame.data[offset + row * stride + at] = cycle[at % cycle.length]!;
  });
  return frame;
}

async function colorAt(jpeg: Buffer, x: number, y: number): Promise<readonly number[]> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return [...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3)];
}

describe('encodeFrame', () => {
  // The same red (200, 30, 40) as each of these writes it.
  it.each([
    ['yuv420p', 'bt601', 'limited', [86, 107, 202]],
    ['yuv420p', 'bt601', 'full', [82, 104, 212]],
    ['nv12', 'bt709', 'limited', [73, 115, 202]],
    ['yuv420p', 'bt2020', 'full', [75, 109, 213]],
    ['rgb24', 'bt601', 'full', [200, 30, 40]],
    ['bgr24', 'bt601', 'full', [40, 30, 200]],
  ] as const)('gives a viewer the colors of %s in %s, %s', async (format, matrix, range, values) => {
    for (const [width, height] of [
      [64, 48],
      [61, 43],
    ] as const) {
      const jpeg = await encodeFrame(plainFrame({ width, height, format, matrix, range }, values), { quality: 95 });
      expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width, height, chromaSubsampling: '4:2:0' });
      for (const [x, y] of [
        [0, 0],
        [width - 1, height - 1],
      ] as const) {
        const color = await colorAt(jpeg, x, y);
        [200, 30, 40].forEach((part, at) => expect(Math.abs(color[at]! - part)).toBeLessThanOrEqual(4));
      }
    }
  });

  it('spreads gray of a limited range', async () => {
    const frame = plainFrame({ width: 32, height: 16, format: 'gray', matrix: 'bt601', range: 'limited' }, [235]);
    expect(await colorAt(await encodeFrame(frame, { quality: 95 }), 5, 5)).toEqual([255, 255, 255]);
  });

  it('says why a picture cannot be a JPEG', async () => {
    const frame = plainFrame({ width: 70_000, height: 1, format: 'gray', matrix: 'bt601', range: 'full' }, [1]);
    await expect(encodeFrame(frame, { quality: 90 })).rejects.toMatchObject({ code: 'jpeg.not-encoded' });
  });
});

describe('PictureMaker', () => {
  const formats = fc.constantFrom<FrameFormat>('yuv420p', 'nv12', 'bgr24', 'rgb24', 'gray');
  const layouts = fc.record({
    width: fc.integer({ min: 1, max: 80 }),
    height: fc.integer({ min: 1, max: 30 }),
    format: formats,
    matrix: fc.constantFrom('bt601' as const, 'bt709' as const, 'bt2020' as const),
    range: fc.constantFrom('limited' as const, 'full' as const),
  });

  it('makes the same in WebAssembly and in plain JavaScript, and leaves the frame as it is', () => {
    fc.assert(
      fc.property(layouts, fc.integer({ min: 0, max: 40 }), fc.nat(65_000), (layout, padding, seed) => {
        const frame = plainFrame(layout, [1, 2, 3], padding);
        for (let at = 0, state = seed; at < frame.data.length; at++)
          frame.data[at] = state = (state * 75 + 74) % 65_537;
        const before = Uint8Array.from(frame.data);
        const [one, other] = [new PictureMaker().make(frame), new PictureMaker(plainKernels()).make(frame)];
        expect(planesToRgb(one)).toEqual(planesToRgb(other));
        expect(Buffer.compare(frame.data, before)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('is close to exact arithmetic', () => {
    fc.assert(
      fc.property(
        layouts,
        fc.tuple(
          fc.integer({ min: 60, max: 200 }),
          fc.integer({ min: 100, max: 156 }),
          fc.integer({ min: 100, max: 156 }),
        ),
        (layout, values) => {
          const format = layout.format === 'nv12' ? 'nv12' : 'yuv420p';
          const rgb = planesToRgb(new PictureMaker().make(plainFrame({ ...layout, format }, values)));
          exactColor(layout, values).forEach((part, at) => {
            const wanted = Math.min(255, Math.max(0, part));
            // Three rounded values of YUV, of which one counts 1.8 times.
            expect(Math.abs(rgb[at]! - wanted)).toBeLessThan(2);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** By the formulas of the standards, in real numbers. */
function exactColor(
  { matrix, range }: Pick<FrameLayout, 'matrix' | 'range'>,
  values: readonly number[],
): readonly number[] {
  const [kr, kb] = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] }[matrix] as [
    number,
    number,
  ];
  const isLimited = range === 'limited';
  const y = isLimited ? ((values[0]! - 16) * 255) / 219 : values[0]!;
  const [u, v] = [values[1]! - 128, values[2]! - 128].map((part) => (isLimited ? (part * 255) / 224 : part)) as [
    number,
    number,
  ];
  const [red, blue] = [y + 2 * (1 - kr) * v, y + 2 * (1 - kb) * u];
  return [red, (y - kr * red - kb * blue) / (1 - kr - kb), blue];
}
