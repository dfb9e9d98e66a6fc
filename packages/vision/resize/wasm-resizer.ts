import type { InputSpec } from '#packages/model-package';

import type { ImageSize } from '../image/pixels.ts';
import type { Pixels } from '../image/pixels.ts';
import { createTarget, fillTarget, targetAt } from '../tensor/tensor-target.ts';
import type { InputData, TensorTarget } from '../tensor/tensor-target.ts';
import { filterTaps } from './filter-taps.ts';
import { geometryOf } from './geometry.ts';
import type { Geometry, Placement } from './geometry.ts';
import { KernelArena } from './kernel-arena.ts';
import { createKernels } from './kernels.ts';
import type { Kernels } from './kernels.ts';
import { linearTaps } from './linear-taps.ts';
import { PlainResizer, isSameSize } from './plain-resizer.ts';
import type { Resizer } from './resizer.ts';

/** Three to twenty times as fast as plain JavaScript. Pixels are decoded right into its memory, where the tensor lies too. */
export class WasmResizer implements Resizer {
  readonly #input: InputSpec;
  readonly #arena: KernelArena;
  readonly #tablesAt: readonly number[];
  readonly #dataAt: number;
  readonly #dataLength: number;
  readonly #scatter: Kernels['scatter1'];
  /** Over the memory as it is now. */
  #target: TensorTarget;
  #plan: Plan | undefined;

  /** Undefined where this machine cannot run the kernels. */
  static create(input: InputSpec): WasmResizer | undefined {
    const kernels = createKernels();
    return kernels && new WasmResizer(input, new KernelArena(kernels));
  }

  private constructor(input: InputSpec, arena: KernelArena) {
    const target = createTarget(input);
    this.#input = input;
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

  fill(pixels: Pixels, size: ImageSize): Placement {
    const bytes = pixels.width * pixels.height * pixels.channels;
    if (!KernelArena.fits(bytes)) return this.#fillPlainly(pixels, size);
    if (pixels.data.buffer !== this.#memory) this.takePixels(bytes).set(pixels.data.subarray(0, bytes));
    const plan = this.#planFor(pixels, size);
    plan.run();
    if (this.#target.data.buffer !== this.#memory) this.#moveTarget();
    return plan.geometry.placement;
  }

  get #memory(): ArrayBuffer {
    return this.#arena.kernels.memory.buffer;
  }

  /** Without keeping anything: such images are rare, and their plans' tables are large. */
  #fillPlainly(pixels: Pixels, size: ImageSize): Placement {
    this.#plan = undefined;
    return new PlainResizer(this.#input, this.#target).fill(pixels, size);
  }

  /** Makes the views anew: growing takes the old memory away from them. */
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

  #planFor(pixels: Pixels, size: ImageSize): Plan {
    const last = this.#plan;
    const fits = last && isSameSize(last.geometry.source, size) && isSameSize(last.pixels, pixels);
    if (fits && last.channels === pixels.channels) return last;
    const geometry = geometryOf(size, this.#input);
    this.#arena.clearScratch();
    const rows =
      this.#input.filter === 'bilinear' ? this.#bilinear(pixels, geometry) : this.#filtered(pixels, geometry);
    this.#moveTarget();
    if (this.#input.resize === 'letterbox') fillTarget(this.#target, this.#input.pad);
    const write = this.#writer(pixels.channels, geometry);
    const run = (): void => rows(write);
    this.#plan = { geometry, pixels: { width: pixels.width, height: pixels.height }, channels: pixels.channels, run };
    return this.#plan;
  }

  /** Makes a row of bytes for each line of the window, between two rows of the image. */
  #bilinear({ width, height, channels }: Pixels, { resized, window }: Geometry): Rows {
    const { kernels, pixelsAt } = this.#arena;
    const columns = linearTaps('columns', width, resized.width, { start: window.x, length: window.width });
    const lines = linearTaps('rows', height, resized.height, { start: window.y, length: window.height });
    const offsets = this.#arena.scratchOf(columns.first.map((first) => first * channels));
    // Where the right neighbour is missing its weight is 0, and whatever lies there does not count.
    const weights = this.#arena.scratchOf(
      columns.firstWeight.map((weight, x) => weight | ((columns.secondWeight[x] as number) << 16)),
    );
    const row = this.#arena.scratch(window.width * channels);
    const stride = width * channels;
    const blend = channels === 3 ? kernels.bilinearRgb : kernels.bilinearGrey;
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
  #filtered({ width, height, channels }: Pixels, { resized, window }: Geometry): Rows {
    const { kernels, pixelsAt } = this.#arena;
    const filter = this.#input.filter as Exclude<InputSpec['filter'], 'bilinear'>;
    const columns = filterTaps(filter, width, resized.width, { start: window.x, length: window.width });
    const lines = filterTaps(filter, height, resized.height, { start: window.y, length: window.height });
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
    const across = channels === 3 ? kernels.acrossRgb : kernels.acrossGrey;
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

  /** Puts a row of bytes through the tables to its place in the tensor; grey goes to every plane. */
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

interface Plan {
  readonly geometry: Geometry;
  readonly pixels: ImageSize;
  readonly channels: 1 | 3;
  run(): void;
}

/** Calls back with the address of each finished row. */
type Rows = (write: (y: number, row: number) => void) => void;
