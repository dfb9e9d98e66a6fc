import { KERNELS } from './kernels.gen.ts';

/** The exports of kernels.wat; all addresses are bytes of `memory`. */
export interface ColorKernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  stretch(at: number, count: number, black: number, factor: number, base: number): void;
  luma(y: number, u: number, v: number, count: number, black: number, ofY: number, ofU: number, ofV: number): void;
  chroma(u: number, v: number, count: number, uOfU: number, uOfV: number, vOfU: number, vOfV: number): void;
  split(pairs: number, count: number, u: number, v: number): void;
}

/** The part of the WebAssembly API that is used; Node's types leave it to the browser's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** In WebAssembly SIMD, else in plain JavaScript: the same numbers. */
export function colorKernels(): ColorKernels {
  const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
  try {
    return new api.Instance(new api.Module(Buffer.from(KERNELS, 'base64'))).exports as ColorKernels;
  } catch {
    return plainKernels();
  }
}

const PAGE_BYTES = 65_536;

export function plainKernels(): ColorKernels {
  let bytes = new Uint8Array(PAGE_BYTES);
  const level = (at: number): number => ((bytes[at] as number) << 7) - GRAY;
  const put = (at: number, sum: number): void => {
    const value = sum >> 5;
    bytes[at] = value < 0 ? 0 : value > 255 ? 255 : value;
  };
  return {
    memory: {
      get buffer() {
        return bytes.buffer;
      },
      grow(pages) {
        const before = bytes;
        bytes = new Uint8Array(before.length + pages * PAGE_BYTES);
        bytes.set(before);
        return before.length / PAGE_BYTES;
      },
    },
    stretch(at, count, black, factor, base) {
      for (let to = at; to < at + count; to++) put(to, times(((bytes[to] as number) << 7) - black, factor) + base);
    },
    luma(y, u, v, count, black, ofY, ofU, ofV) {
      for (let x = 0; x < count; x++) {
        const color = times(level(u + (x >> 1)), ofU) + times(level(v + (x >> 1)), ofV) + 16;
        put(y + x, times(((bytes[y + x] as number) << 7) - black, ofY) + color);
      }
    },
    chroma(u, v, count, uOfU, uOfV, vOfU, vOfV) {
      for (let x = 0; x < count; x++) {
        const [blue, red] = [level(u + x), level(v + x)];
        put(u + x, times(blue, uOfU) + times(red, uOfV) + 4112);
        put(v + x, times(blue, vOfU) + times(red, vOfV) + 4112);
      }
    },
    split(pairs, count, u, v) {
      for (let x = 0; x < count; x++) {
        bytes[u + x] = bytes[pairs + 2 * x] as number;
        bytes[v + x] = bytes[pairs + 2 * x + 1] as number;
      }
    },
  };
}

const GRAY = 128 * 128;

/** The product of two fractions of 2^15, rounded, as `i16x8.q15mulr_sat_s` has it. */
function times(a: number, b: number): number {
  return (a * b + 16_384) >> 15;
}
