const PAGE_BYTES = 65_536;

/** WebAssembly.Memory as far as kernels need it. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  /** @returns the number of pages before */
  grow(pages: number): number;
}

/** The part of the WebAssembly API that is used; Node's types leave it to the browser's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/**
 * The exports of a module without imports; undefined if WebAssembly or its SIMD is missing.
 * @param kernels the module in base64
 */
export function instantiateKernels<T>(kernels: string): T | undefined {
  const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
  try {
    return new api.Instance(new api.Module(Buffer.from(kernels, 'base64'))).exports as T;
  } catch {
    return undefined;
  }
}

/** One page that grows, for kernels in plain JavaScript. */
export function plainMemory(): KernelMemory {
  let bytes = new Uint8Array(PAGE_BYTES);
  return {
    get buffer() {
      return bytes.buffer;
    },
    grow(pages) {
      const before = bytes;
      bytes = new Uint8Array(before.length + pages * PAGE_BYTES);
      bytes.set(before);
      return before.length / PAGE_BYTES;
    },
  };
}

/** Grows a memory until it has `bytes`. Earlier views of its buffer are then invalid. */
export function reserve(memory: KernelMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}
