import { frameBytes } from '#packages/frames';
import type { FrameLayout, RawFrame } from '#packages/frames';

import type { Geometry } from '../resize/geometry.ts';
import { KernelArena } from '../resize/kernel-arena.ts';
import { createKernels } from '../resize/kernels.ts';
import { fillTarget, targetAt } from '../tensor/tensor-target.ts';
import type { InputData, TensorForm, TensorTarget } from '../tensor/tensor-target.ts';
import { createFrameTarget, normalizationsOf } from './frame-target.ts';
import { gatherTable } from './gather-table.ts';
import { PlainYuv } from './plain-yuv.ts';
import { yuvFactors } from './yuv-factors.ts';
import { rowFactor, yuvTaps } from './yuv-taps.ts';
import type { ChannelTaps } from './yuv-taps.ts';
import type { YuvToTensor } from './yuv-to-tensor.ts';

/** In WebAssembly SIMD, row by row: nothing but a few rows lies between the frame and the tensor. */
export class WasmYuv implements YuvToTensor {
  readonly #form: TensorForm;
  readonly #arena: KernelArena;
  readonly #tablesAt: readonly number[];
  readonly #dataAt: number;
  readonly #dataLength: number;
  /** Over the memory as it is now. */
  #target: TensorTarget;
  #plan: Plan | undefined;

  /** Undefined if this machine cannot run the kernels. */
  static create(form: TensorForm): WasmYuv | undefined {
    const kernels = createKernels();
    return kernels && new WasmYuv(form, new KernelArena(kernels));
  }

  private constructor(form: TensorForm, arena: KernelArena) {
    const target = createFrameTarget(form);
    this.#form = form;
    this.#arena = arena;
    this.#target = target;
    this.#tablesAt = target.tables.map((table) => arena.reserve(table.byteLength));
    this.#dataAt = arena.reserve(target.data.byteLength);
    this.#dataLength = target.data.length;
    this.#moveTarget();
    target.tables.forEach((table, index) => this.#target.tables[index]?.set(table));
  }

  get data(): InputData {
    return this.#target.data;
  }

  take(bytes: number): Buffer {
    if (!KernelArena.fits(bytes)) return Buffer.allocUnsafeSlow(bytes);
    if (this.#arena.growPixels(bytes)) this.#plan = undefined;
    return Buffer.from(this.#memory, this.#arena.pixelsAt, bytes);
  }

  fill(frame: RawFrame, pass: Geometry): void {
    const bytes = frameBytes(frame);
    if (!KernelArena.fits(bytes)) {
      this.#plan = undefined;
      return new PlainYuv(this.#form, this.#target).fill(frame, pass);
    }
    if (frame.data.buffer !== this.#memory) this.take(bytes).set(frame.data.subarray(0, bytes));
    this.#planFor(frame, pass).run();
    if (this.#target.data.buffer !== this.#memory) this.#moveTarget();
  }

  get #memory(): ArrayBuffer {
    return this.#arena.kernels.memory.buffer;
  }

  /** Makes the views again: growing takes the old memory away from them. */
  #moveTarget(): void {
    const { data, tables } = this.#target;
    this.#target = {
      ...this.#target,
      data: viewLike(data, this.#memory, this.#dataAt, this.#dataLength),
      tables: tables.map((table, index) => viewLike(table, this.#memory, this.#tablesAt[index] as number, 256)),
    };
  }

  /** A camera's frames are all alike, so the last plan nearly always fits. */
  #planFor(frame: FrameLayout, pass: Geometry): Plan {
    const key = keyOf(frame);
    if (this.#plan?.key === key && this.#plan.pass === pass) return this.#plan;
    const arena = this.#arena;
    const { kernels } = arena;
    const { window } = pass;
    arena.clearScratch();
    const width = Math.ceil(window.width / 8) * 8;
    const channels = yuvTaps(frame, pass).map((taps) => ({
      taps,
      blend: this.#blender(taps),
      row: arena.scratch(2 * width),
    }));
    const [luma, blueDifference, redDifference] = channels.map(({ row }) => row) as [number, number, number];
    const [red, green, blue] = [0, 1, 2].map(() => arena.scratch(width)) as [number, number, number];
    const { black, gray, ofY, vInRed, uInGreen, vInGreen, uInBlue } = yuvFactors(frame);
    const factors = arena.scratch(14);
    new Int16Array(this.#memory, factors, 7).set([black, gray, ofY, vInRed, uInGreen, vInGreen, uInBlue]);
    this.#moveTarget();
    if (pass.bars) fillTarget(this.#target, pass.bars);
    const write = this.#writer([red, green, blue], pass);
    const isGray = this.#form.order === 'gray';
    const run = (): void => {
      for (let y = 0; y < window.height; y++) {
        for (const { blend, row } of channels) blend(y, row);
        kernels.yuvToRgb(luma, blueDifference, redDifference, factors, width, red, green, blue);
        if (isGray) kernels.rgbToGray(red, green, blue, window.width);
        write(y);
      }
    };
    this.#plan = { key, pass, run };
    return this.#plan;
  }

  /** Makes one row of one of Y, U and V. */
  #blender({ offset, stride, columns, rows }: ChannelTaps): (y: number, out: number) => void {
    const arena = this.#arena;
    const { isNear, offsets, masks, weights, count } = gatherTable(columns);
    const offsetsAt = arena.scratchOf(offsets);
    const masksAt = arena.scratchOf(masks);
    const weightsAt = arena.scratchOf(weights);
    const start = arena.pixelsAt + offset;
    const blend = isNear ? arena.kernels.blendNear : arena.kernels.blendFar;
    const upper = rows.first.map((row) => start + row * stride);
    const lower = rows.second.map((row) => start + row * stride);
    const upperFactor = rows.firstWeight.map(rowFactor);
    const lowerFactor = rows.secondWeight.map(rowFactor);
    return (y, out) =>
      blend(
        upper[y] as number,
        lower[y] as number,
        upperFactor[y] as number,
        lowerFactor[y] as number,
        offsetsAt,
        masksAt,
        weightsAt,
        count,
        out,
      );
  }

  /** Puts rows of red, green and blue, or gray, to their places in the tensor. */
  #writer(rows: readonly number[], { at, window }: Geometry): (y: number) => void {
    const { kernels } = this.#arena;
    const { planes, stepX, stepY, data } = targetAt(this.#target, at);
    const bytes = data.BYTES_PER_ELEMENT;
    const scatter = kernels[`scatter${bytes as 1 | 2 | 4}`];
    const normalizations = stepX === 1 ? normalizationsOf(this.#form) : undefined;
    const writers = planes.map((plane, index) => {
      const row = rows[index] as number;
      const start = this.#dataAt + plane * bytes;
      const normalization = normalizations?.[index];
      if (!normalization) {
        const table = this.#tablesAt[index] as number;
        return (y: number) => scatter(row, 1, table, window.width, start + y * stepY * bytes, stepX * bytes);
      }
      const { factor, offset } = normalization;
      return (y: number) => kernels.normalize(row, factor, offset, window.width, start + y * stepY * bytes);
    });
    return (y) => {
      for (const write of writers) write(y);
    };
  }
}

interface Plan {
  readonly key: string;
  readonly pass: Geometry;
  run(): void;
}

function keyOf({ width, height, format, strides, matrix, range }: FrameLayout): string {
  return `${width}×${height} ${format} ${strides.join()} ${matrix} ${range}`;
}

function viewLike(like: InputData, memory: ArrayBuffer, at: number, length: number): InputData {
  const Type = like.constructor as new (buffer: ArrayBuffer, at: number, length: number) => InputData;
  return new Type(memory, at, length);
}
