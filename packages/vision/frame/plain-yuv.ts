import type { RawFrame } from '#packages/frames';

import { PixelBuffer } from '../resize/pixel-buffer.ts';
import type { Geometry } from '../resize/geometry.ts';
import { fillTarget, targetAt } from '../tensor/tensor-target.ts';
import type { InputData, TensorForm, TensorTarget } from '../tensor/tensor-target.ts';
import { createFrameTarget } from './frame-target.ts';
import type { YuvToTensor } from './yuv-to-tensor.ts';
import { yuvFactors } from './yuv-factors.ts';
import type { YuvFactors } from './yuv-factors.ts';
import { rowFactor, yuvTaps } from './yuv-taps.ts';
import type { ChannelTaps } from './yuv-taps.ts';

/** In plain JavaScript: for processors without SIMD in WebAssembly, for frames too large for its memory, and to hold it against. */
export class PlainYuv implements YuvToTensor {
  readonly #isGray: boolean;
  readonly #target: TensorTarget;
  readonly #memory = new PixelBuffer();

  constructor(form: TensorForm, target: TensorTarget = createFrameTarget(form)) {
    this.#isGray = form.order === 'gray';
    this.#target = target;
  }

  get data(): InputData {
    return this.#target.data;
  }

  take(bytes: number): Buffer {
    return this.#memory.takePixels(bytes);
  }

  fill(frame: RawFrame, pass: Geometry): void {
    const { window, at, bars } = pass;
    if (bars) fillTarget(this.#target, bars);
    const target = targetAt(this.#target, at);
    const channels = yuvTaps(frame, pass);
    const factors = yuvFactors(frame);
    const rows = channels.map(() => new Int16Array(window.width));
    const rgb = [0, 1, 2].map(() => new Uint8Array(window.width));
    for (let y = 0; y < window.height; y++) {
      channels.forEach((channel, index) => blend(frame.data, channel, y, rows[index] as Int16Array));
      convert(rows, factors, rgb);
      write(rgb, y, target, this.#isGray);
    }
  }
}

/** One row between two of the frame, of 128 for each step of a byte. */
function blend(data: Uint8Array, { offset, stride, columns, rows }: ChannelTaps, y: number, out: Int16Array): void {
  const upper = offset + (rows.first[y] as number) * stride;
  const lower = offset + (rows.second[y] as number) * stride;
  const upperFactor = rowFactor(rows.firstWeight[y] as number);
  const lowerFactor = rowFactor(rows.secondWeight[y] as number);
  for (let x = 0; x < out.length; x++) {
    const left = columns.first[x] as number;
    const right = columns.second[x] as number;
    const leftWeight = columns.firstWeight[x] as number;
    const rightWeight = columns.secondWeight[x] as number;
    const above = ((data[upper + left] as number) * leftWeight + (data[upper + right] as number) * rightWeight) >> 4;
    const below = ((data[lower + left] as number) * leftWeight + (data[lower + right] as number) * rightWeight) >> 4;
    out[x] = times(above, upperFactor) + times(below, lowerFactor);
  }
}

function convert(rows: readonly Int16Array[], factors: YuvFactors, rgb: readonly Uint8Array[]): void {
  const [luma, blueDifference, redDifference] = rows as readonly [Int16Array, Int16Array, Int16Array];
  const [red, green, blue] = rgb as readonly [Uint8Array, Uint8Array, Uint8Array];
  const { black, gray, ofY, vInRed, uInGreen, vInGreen, uInBlue } = factors;
  for (let x = 0; x < luma.length; x++) {
    const y = times((luma[x] as number) - black, ofY) + 16;
    const u = (blueDifference[x] as number) - gray;
    const v = (redDifference[x] as number) - gray;
    red[x] = clampByte((y + times(v, vInRed)) >> 5);
    green[x] = clampByte((y - times(u, uInGreen) - times(v, vInGreen)) >> 5);
    blue[x] = clampByte((y + times(u, uInBlue)) >> 5);
  }
}

function write(rgb: readonly Uint8Array[], y: number, target: TensorTarget, isGray: boolean): void {
  const { data, tables, stepX, stepY, planes } = target;
  const [red, green, blue] = rgb as readonly [Uint8Array, Uint8Array, Uint8Array];
  for (let plane = 0; plane < planes.length; plane++) {
    const table = tables[plane] as InputData;
    const row = rgb[plane] as Uint8Array;
    let to = (planes[plane] as number) + y * stepY;
    for (let x = 0; x < row.length; x++, to += stepX) {
      const value = isGray ? brightness(red[x] as number, green[x] as number, blue[x] as number) : (row[x] as number);
      data[to] = table[value] as number;
    }
  }
}

/** The product of two fractions of 2^15, rounded, as `i16x8.q15mulr_sat_s` has it. */
function times(a: number, b: number): number {
  return (a * b + 16_384) >> 15;
}

/** As to-gray.ts. */
function brightness(red: number, green: number, blue: number): number {
  return (red * 9798 + green * 19235 + blue * 3735 + 16384) >> 15;
}

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
