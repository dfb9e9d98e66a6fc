import type { RawFrame } from '#packages/frames';

import type { Geometry } from '../resize/geometry.ts';
import type { InputData } from '../tensor/tensor-target.ts';

/** Brings frames in yuv420p and nv12 into an input tensor. Two kinds give the same numbers: in plain JavaScript and in WebAssembly. */
export interface YuvToTensor {
  /** Elements of the tensor. Another object over the same numbers after memory had to grow, so ask again after each `fill`. */
  readonly data: InputData;
  /** Memory to read a frame into, valid until the next call; a frame that lies here need not be copied. */
  take(bytes: number): Buffer;
  /** Resizes, converts and normalizes in one pass, whose canvas is the tensor. */
  fill(frame: RawFrame, pass: Geometry): void;
}
