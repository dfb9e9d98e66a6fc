import type { Pixels } from '../image/pixels.ts';
import type { InputData } from '../tensor/tensor-target.ts';
import type { Geometry } from './geometry.ts';

/** Brings images into an input tensor. Two kinds give the same numbers: one in plain JavaScript, one in WebAssembly. */
export interface Resizer {
  /** Elements of the tensor. Another object over the same numbers after memory had to grow, so ask again after each `fill`. */
  readonly data: InputData;
  /** Memory to decode into, at least `bytes` long, valid until the next call; pixels that lie here need not be copied. */
  takePixels(bytes: number): Buffer;
  /**
   * Fills the tensor by one pass, whose canvas is the tensor. `pixels` may be smaller than the pass' source if they were decoded
   * so; the pass then takes the whole image.
   */
  fill(pixels: Pixels, pass: Geometry): void;
}
