import { instantiateKernels, plainMemory } from '#packages/kernels';
import type { KernelMemory } from '#packages/kernels';
import { KERNELS } from './kernels.gen.ts';

/** The exports of kernels.wat; all addresses are bytes of `memory`. */
export interface ColorKernels {
  readonly memory: KernelMemory;
  stretch(at: number, count: number, black: number, factor: number, base: number): void;
  luma(y: number, u: number, v: number, count: number, black: number, ofY: number, ofU: number, ofV: number): void;
  chroma(u: number, v: number, count: number, uOfU: number, uOfV: number, vOfU: number, vOfV: number): void;
  split(pairs: number, count: number, u: number, v: number): void;
  blend(
    mask: number,
    maskStride: number,
    to: number,
    stride: number,
    count: number,
    rows: number,
    value: number,
    strength: number,
  ): void;
  blendColor(
    mask: number,
    maskStride: number,
    u: number,
    v: number,
    stride: number,
    count: number,
    rows: number,
    blue: number,
    red: number,
    strength: number,
  ): void;
}

/** In WebAssembly SIMD, else in plain JavaScript: the same numbers. */
export function colorKernels(): ColorKernels {
  return instantiateKernels<ColorKernels>(KERNELS) ?? plainKernels();
}

export function plainKernels(): ColorKernels {
  const memory = plainMemory();
  return {
    memory,
    stretch(at, count, black, factor, base) {
      const bytes = new Uint8Array(memory.buffer);
      for (let to = at; to < at + count; to++)
        put(bytes, to, times(((bytes[to] as number) << 7) - black, factor) + base);
    },
    luma(y, u, v, count, black, ofY, ofU, ofV) {
      const bytes = new Uint8Array(memory.buffer);
      for (let x = 0; x < count; x++) {
        const color = times(level(bytes, u + (x >> 1)), ofU) + times(level(bytes, v + (x >> 1)), ofV) + 16;
        put(bytes, y + x, times(((bytes[y + x] as number) << 7) - black, ofY) + color);
      }
    },
    chroma(u, v, count, uOfU, uOfV, vOfU, vOfV) {
      const bytes = new Uint8Array(memory.buffer);
      for (let x = 0; x < count; x++) {
        const [blue, red] = [level(bytes, u + x), level(bytes, v + x)];
        put(bytes, u + x, times(blue, uOfU) + times(red, uOfV) + 4112);
        put(bytes, v + x, times(blue, vOfU) + times(red, vOfV) + 4112);
      }
    },
    split(pairs, count, u, v) {
      const bytes = new Uint8Array(memory.buffer);
      for (let x = 0; x < count; x++) {
        bytes[u + x] = bytes[pairs + 2 * x] as number;
        bytes[v + x] = bytes[pairs + 2 * x + 1] as number;
      }
    },
    blend(mask, maskStride, to, stride, count, rows, value, strength) {
      const bytes = new Uint8Array(memory.buffer);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < count; x++)
          lay(bytes, to + y * stride + x, value, bytes[mask + y * maskStride + x] as number, strength);
      }
    },
    blendColor(mask, maskStride, u, v, stride, count, rows, blue, red, strength) {
      const bytes = new Uint8Array(memory.buffer);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; 2 * x < count; x++) {
          const upper = mask + 2 * y * maskStride + 2 * x;
          const pair = (at: number): number => (bytes[at] as number) + (bytes[at + 1] as number);
          const coverage = (pair(upper) + pair(upper + maskStride) + 2) >> 2;
          lay(bytes, u + y * stride + x, blue, coverage, strength);
          lay(bytes, v + y * stride + x, red, coverage, strength);
        }
      }
    },
  };
}

function lay(bytes: Uint8Array, at: number, value: number, coverage: number, strength: number): void {
  const under = bytes[at] as number;
  bytes[at] = under + times(value - under, (coverage * strength) >> 1);
}

const GRAY = 128 * 128;

function level(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 7) - GRAY;
}

function put(bytes: Uint8Array, at: number, sum: number): void {
  const value = sum >> 5;
  bytes[at] = value < 0 ? 0 : value > 255 ? 255 : value;
}

/** The product of two fractions of 2^15, rounded, as `i16x8.q15mulr_sat_s` has it. */
function times(a: number, b: number): number {
  return (a * b + 16_384) >> 15;
}
