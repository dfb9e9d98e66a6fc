const PAGE_BYTES = 65_536;

/** WebAssembly.Memory as far as kernels need it. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  /** @returns the number of pages before */
  grow(pages: number): number;
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
export function growTo(memory: KernelMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}
