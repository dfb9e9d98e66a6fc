import { growTo } from '#packages/kernels';
import { MAX_KEPT_BYTES } from './pixel-buffer.ts';
import type { Kernels } from './kernels.ts';

/** Kernels read and write whole vectors: this much lies free behind every region. */
const SLACK_BYTES = 16;
const ALIGNMENT = 16;

/**
 * Lays out the kernels' memory: fixed regions first, then decoded pixels, then what the plan of one image size needs.
 * Regions are byte addresses; they stay where they are until the pixels outgrow their region.
 */
export class KernelArena {
  readonly kernels: Kernels;
  #fixedEnd = 1024;
  #pixelBytes = 0;
  #scratchEnd = 0;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
  }

  /** A region for good; only before the first pixels. */
  reserve(bytes: number): number {
    const at = this.#fixedEnd;
    this.#fixedEnd = align(at + bytes + SLACK_BYTES);
    growTo(this.kernels.memory, this.#fixedEnd);
    return at;
  }

  get pixelsAt(): number {
    return this.#fixedEnd;
  }

  /** Whether pixels of this size may lie here: memory never shrinks again. */
  static fits(bytes: number): boolean {
    return bytes <= MAX_KEPT_BYTES;
  }

  /** Makes room for pixels; true if that moved what lies behind. */
  growPixels(bytes: number): boolean {
    if (bytes <= this.#pixelBytes) return false;
    this.#pixelBytes = align(Math.min(MAX_KEPT_BYTES, Math.ceil(bytes * 1.25)));
    this.clearScratch();
    growTo(this.kernels.memory, this.#scratchEnd);
    return true;
  }

  clearScratch(): void {
    this.#scratchEnd = align(this.pixelsAt + this.#pixelBytes + SLACK_BYTES);
  }

  /** A region of the current plan. */
  scratch(bytes: number): number {
    const at = this.#scratchEnd;
    this.#scratchEnd = align(at + bytes + SLACK_BYTES);
    growTo(this.kernels.memory, this.#scratchEnd);
    return at;
  }

  /** A region of the current plan, with these numbers in it. */
  scratchOf(numbers: Int32Array | Int16Array | Uint8Array): number {
    const at = this.scratch(numbers.byteLength);
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    new Uint8Array(this.kernels.memory.buffer).set(bytes, at);
    return at;
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
