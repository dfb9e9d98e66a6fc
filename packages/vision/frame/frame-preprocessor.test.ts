import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameBytes, planesOf, tightStrides } from '#packages/frames';
import type { FrameLayout, RawFrame } from '#packages/frames';
import { preparationOf } from '#packages/model-package';
import type { InputSpec } from '#packages/model-package';
import { ffmpeg } from '../../../testing/outside-data/programs.ts';
import { needs } from '../../../testing/outside-data/needs.ts';
import { decodedFrame } from '../../../testing/vision/decoded-video.ts';
import { specOf } from '../../../testing/vision/decoder-rig.ts';
import { StepPlans } from '../resize/step-plans.ts';
import { Preprocessor } from '../tensor/preprocessor.ts';
import type { TensorForm } from '../tensor/tensor-target.ts';
import { FramePreprocessor } from './frame-preprocessor.ts';
import { PlainYuv } from './plain-yuv.ts';
import { WasmYuv } from './wasm-yuv.ts';

const inputOf = (input: object): InputSpec => specOf('tensor', { decoder: 'tensor' }, input).input;

function frameOf(layout: Partial<FrameLayout> & { width: number; height: number }, seed = 1): RawFrame {
  const format = layout.format ?? 'yuv420p';
  const whole = {
    format,
    strides: tightStrides(format, layout.width),
    matrix: 'bt601',
    range: 'limited',
    ...layout,
  } as const;
  const data = new Uint8Array(frameBytes(whole));
  for (let at = 0, state = seed; at < data.length; at++) data[at] = state = (state * 75 + 74) % 65_537;
  return { ...whole, data };
}

function preprocessorOf(input: object): FramePreprocessor {
  return new FramePreprocessor(new Preprocessor(inputOf(input)));
}

/** The only pass of a frame into a tensor whose size is fixed. */
function passOf(frame: RawFrame, input: InputSpec) {
  const preparation = preparationOf(input);
  const { last } = new StepPlans(preparation.steps, 1e9).for(frame);
  return { pass: last, form: { ...preparation, ...last.canvas } satisfies TensorForm };
}

const tensorOf = (input: object, frame: RawFrame): ArrayLike<number> =>
  preprocessorOf(input).fill(frame).feed.data as Float32Array;

/** Red, green and blue of a pixel in real numbers, by the formulas of the standards; color is that of its 2 × 2 pixels. */
function exactPixel(frame: RawFrame, x: number, y: number): readonly number[] {
  const [luma, second, third] = planesOf(frame);
  const at = (plane: typeof luma, column: number, row: number): number =>
    frame.data[plane!.offset + row * plane!.stride + column] as number;
  const [cx, cy] = [x >> 1, y >> 1];
  const limited = frame.range === 'limited';
  const brightness = limited ? ((at(luma, x, y) - 16) * 255) / 219 : at(luma, x, y);
  const color = limited ? 255 / 224 : 1;
  const u = ((third ? at(second, cx, cy) : at(second, 2 * cx, cy)) - 128) * color;
  const v = ((third ? at(third, cx, cy) : at(second, 2 * cx + 1, cy)) - 128) * color;
  const [kr, kb] = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] }[frame.matrix] as [
    number,
    number,
  ];
  const red = brightness + 2 * (1 - kr) * v;
  const blue = brightness + 2 * (1 - kb) * u;
  return [red, (brightness - kr * red - kb * blue) / (1 - kr - kb), blue];
}

/** The tensor in real numbers: bilinear between exact pixels, with the corners' rule of OpenCV. RGB, NCHW, mean 0, std 1. */
function exactTensor(frame: RawFrame, input: InputSpec): Float64Array {
  const { pass, form } = passOf(frame, input);
  const { region, resized, window, at } = pass;
  const tensor = new Float64Array(3 * form.width * form.height).fill(pass.bars?.[0] ?? 0);
  const place = (to: number, from: number, size: number) => {
    const position = Math.max(0, Math.min(from - 1, ((to + 0.5) * from) / size - 0.5));
    const first = Math.floor(position);
    return { first, second: Math.min(from - 1, first + 1), part: position - first };
  };
  for (let y = 0; y < window.height; y++) {
    const row = place(window.y + y, region.height, resized.height);
    for (let x = 0; x < window.width; x++) {
      const column = place(window.x + x, region.width, resized.width);
      const corners = [
        [column.first, row.first, (1 - column.part) * (1 - row.part)],
        [column.second, row.first, column.part * (1 - row.part)],
        [column.first, row.second, (1 - column.part) * row.part],
        [column.second, row.second, column.part * row.part],
      ].map(([cx, cy, weight]) => ({ rgb: exactPixel(frame, region.x + cx!, region.y + cy!), weight: weight! }));
      for (let channel = 0; channel < 3; channel++) {
        const value = corners.reduce((sum, { rgb, weight }) => sum + weight * rgb[channel]!, 0);
        const to = (channel * form.height + at.y + y) * form.width + at.x + x;
        tensor[to] = Math.min(255, Math.max(0, value));
      }
    }
  }
  return tensor;
}

/** The largest distance, in steps of a byte. */
function farthest(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let most = 0;
  for (let at = 0; at < other.length; at++) most = Math.max(most, Math.abs(one[at]! - other[at]!));
  return most;
}

const layouts = fc.record({
  width: fc.integer({ min: 1, max: 150 }),
  height: fc.integer({ min: 1, max: 60 }),
  format: fc.constantFrom('yuv420p' as const, 'nv12' as const),
  matrix: fc.constantFrom('bt601' as const, 'bt709' as const, 'bt2020' as const),
  range: fc.constantFrom('limited' as const, 'full' as const),
});
const inputs = fc.record({
  width: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 1, max: 30 }),
  resize: fc.constantFrom('stretch', 'letterbox', 'center-crop'),
  layout: fc.constantFrom('NCHW', 'NHWC'),
  color: fc.constantFrom('RGB', 'BGR', 'GRAY'),
  dtype: fc.constantFrom('float32', 'float16', 'uint8', 'int8'),
});

describe('frames in YUV', () => {
  it('become the same tensor in WebAssembly and in plain JavaScript, to the last bit', () => {
    fc.assert(
      fc.property(layouts, inputs, fc.integer({ min: 0, max: 9 }), fc.nat(65_000), (layout, some, padding, seed) => {
        const strides = tightStrides(layout.format, layout.width).map((stride) => stride + padding);
        const frame = frameOf({ ...layout, strides }, seed);
        const input = inputOf({ ...some, mean: 123.675, std: 58.395 });
        const { pass, form } = passOf(frame, input);
        const kernels = WasmYuv.create(form);
        const plain = new PlainYuv(form);
        kernels?.fill(frame, pass);
        plain.fill(frame, pass);
        expect(kernels?.data).toHaveLength(form.width * form.height * form.channels);
        expect(kernels?.data).toEqual(plain.data);
      }),
    );
  });

  it('become what exact arithmetic makes of them, to two thirds of a step of a byte', () => {
    fc.assert(
      fc.property(layouts, inputs, fc.nat(65_000), (layout, some, seed) => {
        // Colors that RGB has: what is cut off before and after the interpolation is not the same.
        const frame = frameOf(layout, seed);
        frame.data.forEach((value, at) => (frame.data[at] = 100 + value / 5));
        const input = inputOf({ ...some, layout: 'NCHW', color: 'RGB', dtype: 'float32' });
        const { feed } = new FramePreprocessor(new Preprocessor(input)).fill(frame);
        expect(farthest(feed.data as Float32Array, exactTensor(frame, input))).toBeLessThan(0.67);
      }),
    );
  });

  it('are read where they lie, and again after a frame of another size', () => {
    const preprocessor = preprocessorOf({ width: 16, height: 16, resize: 'letterbox' });
    const [small, large] = [frameOf({ width: 32, height: 20 }), frameOf({ width: 640, height: 480 })];
    const copied = Array.from(preprocessor.fill(small).feed.data as Float32Array);
    preprocessor.fill(large);
    const memory = preprocessor.take(small.data.length);
    memory.set(small.data);
    expect(Array.from(preprocessor.fill({ ...small, data: memory }).feed.data as Float32Array)).toEqual(copied);
  });

  it('keep the feed, so that a runtime need not wrap it for every frame', () => {
    const preprocessor = preprocessorOf({ width: 16, height: 16 });
    const frame = frameOf({ width: 64, height: 48 });
    expect(preprocessor.fill(frame).feed).toBe(preprocessor.fill(frame).feed);
  });

  it('go through the other filters as whole pictures', () => {
    const frame = frameOf({ width: 40, height: 30 });
    for (let at = 0; at < frame.data.length; at++) frame.data[at] = at < 1_200 ? 126 : at < 1_500 ? 90 : 160;
    const data = tensorOf({ width: 5, height: 5, filter: 'area' }, frame);
    const [red, green, blue] = exactPixel(frame, 0, 0);
    expect([data[0], data[25], data[50]]).toEqual([red, green, blue].map((value) => Math.round(value!)));
  });
});

describe('packed frames', () => {
  const rgb = Uint8Array.of(10, 20, 30, 40, 50, 60, 99, 99);
  it.each([
    ['rgb24', [10, 40, 20, 50, 30, 60]],
    ['bgr24', [30, 60, 20, 50, 10, 40]],
  ] as const)('%s, padding of rows left out', (format, expected) => {
    const frame = frameOf({ width: 2, height: 1, format, strides: [8] });
    frame.data.set(rgb);
    expect([...Array.from(tensorOf({ width: 2, height: 1 }, frame))]).toEqual(expected);
  });

  it('gray in the range that it has', () => {
    const frame = frameOf({ width: 2, height: 1, format: 'gray' });
    frame.data.set([16, 235]);
    expect(Array.from(tensorOf({ width: 2, height: 1, color: 'GRAY' }, frame))).toEqual([0, 255]);
    expect(Array.from(tensorOf({ width: 2, height: 1, color: 'GRAY' }, { ...frame, range: 'full' }))).toEqual([
      16, 235,
    ]);
  });
});

describe('a frame that is not what it says', () => {
  it.each([
    ['is too short', { data: new Uint8Array(10) }],
    ['lacks strides', { strides: [64] }],
    ['has rows longer than its strides', { strides: [32, 32, 32] }],
    ['has no size', { width: 0 }],
  ])('%s', (_, wrong) => {
    const frame = { ...frameOf({ width: 64, height: 48 }), ...wrong };
    expect(() => preprocessorOf({ width: 8, height: 8 }).fill(frame)).toThrow(
      expect.objectContaining({ code: 'image.frame-invalid' }),
    );
  });
});

describe('decoded video', { ...(await needs(ffmpeg)), timeout: 60_000 }, () => {
  const size = { width: 640, height: 360 };

  it.each([
    ['yuv420p', 'bt601', 'limited'],
    ['nv12', 'bt709', 'limited'],
    ['yuv420p', 'bt709', 'full'],
  ] as const)('%s %s %s: as exact arithmetic, to 1 step of a byte', async (format, matrix, range) => {
    const frame = await decodedFrame('belt-03.jpg', { ...size, format }, { matrix, range });
    const input = inputOf({ width: 224, height: 224 });
    const data = new FramePreprocessor(new Preprocessor(input)).fill(frame).feed.data as Float32Array;
    const exact = exactTensor(frame, input);
    let sum = 0;
    for (let at = 0; at < exact.length; at++) sum += data[at]! - exact[at]!;
    expect(Math.abs(sum / exact.length)).toBeLessThan(0.1);
    expect(farthest(data, exact)).toBeLessThan(1);
  });

  it('gives the colors of the picture that it was made from, whatever matrix and range it went through', async () => {
    const input = { width: 32, height: 18, filter: 'area' };
    const colors = [
      { matrix: 'bt601', range: 'limited' },
      { matrix: 'bt709', range: 'limited' },
      { matrix: 'bt2020', range: 'full' },
    ] as const;
    const tensors = await Promise.all(
      colors.map(async (one) =>
        tensorOf(input, await decodedFrame('belt-03.jpg', { ...size, format: 'yuv420p' }, one)),
      ),
    );
    for (const tensor of tensors.slice(1)) expect(farthest(tensor, tensors[0]!)).toBeLessThan(4);
  });
});
