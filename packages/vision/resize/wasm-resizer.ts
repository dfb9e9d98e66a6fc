import type { Pixels } from '../image/pixels.ts';
import { fillTarget, targetAt } from '../tensor/tensor-target.ts';
import type { InputData, TensorTarget } from '../tensor/tensor-target.ts';
import { filterTaps } from './filter-taps.ts';
import type { WideFilter } from './filter-taps.ts';
import type { Geometry } from './geometry.ts';
import { KernelArena } from './kernel-arena.ts';
import { createKernels } from './kernels.ts';
import type { Kernels } from './kernels.ts';
import { linearTaps } from './linear-taps.ts';
import { pixelRegion } from './pixel-region.ts';
import { PlainResizer } from './plain-resizer.ts';
import type { Resizer } from './resizer.ts';

/** Three to twenty times as fast as plain JavaScript. Pixels are decoded right into its memory, where the tensor lies too. */
export class WasmResizer implements Resizer {
  readonly #arena: KernelArena;
  readonly #tablesAt: readonly number[];
  readonly #dataAt: number;
  readonly #dataLength: number;
  readonly #scatter: Kernels['scatter1'];
  /** Over the memory as it is now. */
  #target: TensorTarget;
  #plan: Plan | undefined;

  /** Undefined if this machine cannot run the kernels. */
  static create(target: TensorTarget): WasmResizer | undefined {
    const isDeep = target.tables[0]?.length !== TABLE_LENGTH;
    const kernels = isDeep || !hasKernels(target.planes.length) ? undefined : createKernels();
    return kernels && new WasmResizer(target, new KernelArena(kernels));
  }

  private constructor(target: TensorTarget, arena: KernelArena) {
    this.#arena = arena;
    this.#target = target;
    this.#tablesAt = target.tables.map((table) => arena.reserve(table.byteLength));
    this.#dataAt = arena.reserve(target.data.byteLength);
    this.#dataLength = target.data.length;
    this.#moveTarget();
    target.tables.forEach((table, index) => this.#target.tables[index]?.set(table));
    this.#scatter = arena.kernels[`scatter${target.data.BYTES_PER_ELEMENT as 1 | 2 | 4}`];
  }

  get data(): InputData {
    return this.#target.data;
  }

  takePixels(bytes: number): Buffer {
    if (!KernelArena.fits(bytes)) return Buffer.allocUnsafeSlow(bytes);
    if (this.#arena.growPixels(bytes)) this.#plan = undefined;
    return Buffer.from(this.#memory, this.#arena.pixelsAt, bytes);
  }

  fill(pixels: Pixels, pass: Geometry): void {
    const bytes = pixels.width * pixels.height * pixels.channels;
    if (!KernelArena.fits(bytes)) return this.#fillPlainly(pixels, pass);
    if (pixels.data.buffer !== this.#memory) this.takePixels(bytes).set(pixels.data.subarray(0, bytes));
    this.#planFor(pixels, pass).run();
    if (this.#target.data.buffer !== this.#memory) this.#moveTarget();
  }

  get #memory(): ArrayBuffer {
    return this.#arena.kernels.memory.buffer;
  }

  /** Without keeping anything: such images are rare, and their plans' tables are large. */
  #fillPlainly(pixels: Pixels, pass: Geometry): void {
    this.#plan = undefined;
    new PlainResizer(this.#target).fill(pixels, pass);
  }

  /** Makes the views again: growing takes the old memory away from them. */
  #moveTarget(): void {
    const { data, tables } = this.#target;
    this.#target = {
      ...this.#target,
      data: viewLike(data, this.#memory, this.#dataAt, this.#dataLength),
      tables: tables.map((table, index) =>
        viewLike(table, this.#memory, this.#tablesAt[index] as number, TABLE_LENGTH),
      ),
    };
  }

  #planFor(pixels: Pixels, pass: Geometry): Plan {
    const { width, height } = pixels;
    const channels = pixels.channels as 1 | 3;
    const last = this.#plan;
    const fits = last?.pass === pass && last.width === width && last.height === height && last.channels === channels;
    if (fits) return last;
    this.#arena.clearScratch();
    const rows = pass.filter === 'bilinear' ? this.#bilinear(pixels, pass) : this.#filtered(pixels, pass, pass.filter);
    this.#moveTarget();
    if (pass.bars) fillTarget(this.#target, pass.bars);
    const write = this.#writer(channels, pass);
    this.#plan = { pass, width, height, channels, run: () => rows(write) };
    return this.#plan;
  }

  /** Makes a row of bytes for each line of the window, between two rows of the image. */
  #bilinear(pixels: Pixels, pass: Geometry): Rows {
    const { width, channels } = pixels;
    const { resized, window } = pass;
    const region = pixelRegion(pass, pixels);
    const { kernels, pixelsAt } = this.#arena;
    const across = { start: window.x, length: window.width };
    const down = { start: window.y, length: window.height };
    const columns = linearTaps('columns', region.width, resized.width, across, region.x);
    const lines = linearTaps('rows', region.height, resized.height, down, region.y);
    const offsets = this.#arena.scratchOf(columns.first.map((first) => first * channels));
    // If the right neighbor is missing, its weight is 0, and whatever lies there does not count.
    const weights = this.#arena.scratchOf(
      columns.firstWeight.map((weight, x) => weight | ((columns.secondWeight[x] as number) << 16)),
    );
    const row = this.#arena.scratch(window.width * channels);
    const stride = width * channels;
    const blend = channels === 3 ? kernels.bilinearRgb : kernels.bilinearGray;
    const { first, second, firstWeight, secondWeight } = lines;
    return (write) => {
      for (let y = 0; y < window.height; y++) {
        const upper = pixelsAt + (first[y] as number) * stride;
        const lower = pixelsAt + (second[y] as number) * stride;
        blend(upper, lower, firstWeight[y] as number, secondWeight[y] as number, offsets, weights, window.width, row);
        write(y, row);
      }
    };
  }

  /** First all rows that are needed across, then line by line down. */
  #filtered(pixels: Pixels, pass: Geometry, filter: WideFilter): Rows {
    const { width, channels } = pixels;
    const { resized, window } = pass;
    const region = pixelRegion(pass, pixels);
    const { kernels, pixelsAt } = this.#arena;
    const columns = filterTaps(
      filter,
      region.width,
      resized.width,
      { start: window.x, length: window.width },
      region.x,
    );
    const lines = filterTaps(
      filter,
      region.height,
      resized.height,
      { start: window.y, length: window.height },
      region.y,
    );
    const firsts = this.#arena.scratchOf(columns.first.map((first) => first * channels));
    const counts = this.#arena.scratchOf(columns.count);
    const columnWeights = this.#arena.scratchOf(columns.weights);
    const lineWeights = this.#arena.scratchOf(lines.weights);
    const row = this.#arena.scratch(window.width * channels);
    const last = window.height - 1;
    const top = lines.first[0] as number;
    const bottom = (lines.first[last] as number) + (lines.count[last] as number);
    const stride = window.width * channels;
    const middle = this.#arena.scratch((bottom - top) * stride);
    const across = channels === 3 ? kernels.acrossRgb : kernels.acrossGray;
    return (write) => {
      for (let y = top; y < bottom; y++) {
        const from = pixelsAt + y * width * channels;
        across(from, firsts, counts, columnWeights, columns.longest, window.width, middle + (y - top) * stride);
      }
      for (let y = 0; y < window.height; y++) {
        const from = middle + ((lines.first[y] as number) - top) * stride;
        kernels.down(from, stride, lineWeights + 4 * y * lines.longest, lines.count[y] as number, stride, row);
        write(y, row);
      }
    };
  }

  /** Puts a row of bytes through the tables to its place in the tensor; gray goes to every plane. */
  #writer(channels: 1 | 3, { at, window }: Geometry): (y: number, row: number) => void {
    const { planes, stepX, stepY, data } = targetAt(this.#target, at);
    const scatter = this.#scatter;
    const bytes = data.BYTES_PER_ELEMENT;
    const outs = planes.map((plane) => this.#dataAt + plane * bytes);
    return (y, row) => {
      for (let plane = 0; plane < outs.length; plane++) {
        const source = channels === 3 ? row + plane : row;
        const out = (outs[plane] as number) + y * stepY * bytes;
        scatter(source, channels, this.#tablesAt[plane] as number, window.width, out, stepX * bytes);
      }
    };
  }
}

const TABLE_LENGTH = 256;

function viewLike(like: InputData, memory: ArrayBuffer, at: number, length: number): InputData {
  const Type = like.constructor as new (buffer: ArrayBuffer, at: number, length: number) => InputData;
  return new Type(memory, at, length);
}

/** Kernels are for gray and for color. */
function hasKernels(channels: number): boolean {
  return channels === 1 || channels === 3;
}

interface Plan {
  readonly pass: Geometry;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  run(): void;
}

/** Calls back with the address of each finished row. */
type Rows = (write: (y: number, row: number) => void) => void;
