import { instantiateKernels } from '#packages/kernels';
import type { KernelMemory } from '#packages/kernels';
import { KERNELS } from './kernels.gen.ts';

/** Rows of a resize, and of frames on their way to a tensor, in WebAssembly SIMD; kernels.wat says what each does. All numbers are byte addresses, sizes or weights. */
export interface Kernels {
  readonly memory: KernelMemory;
  readonly bilinearRgb: BilinearRow;
  readonly bilinearGray: BilinearRow;
  readonly acrossRgb: AcrossRow;
  readonly acrossGray: AcrossRow;
  down(source: number, stride: number, weights: number, count: number, bytes: number, out: number): void;
  readonly scatter1: ScatterRow;
  readonly scatter2: ScatterRow;
  readonly scatter4: ScatterRow;
  readonly blendNear: BlendRow;
  readonly blendFar: BlendRow;
  yuvToRgb(
    luma: number,
    blueDifference: number,
    redDifference: number,
    factors: number,
    count: number,
    red: number,
    green: number,
    blue: number,
  ): void;
  rgbToGray(red: number, green: number, blue: number, count: number): void;
  normalize(source: number, factor: number, offset: number, count: number, out: number): void;
}

type BlendRow = (
  upper: number,
  lower: number,
  upperWeight: number,
  lowerWeight: number,
  offsets: number,
  masks: number,
  weights: number,
  count: number,
  out: number,
) => void;

type BilinearRow = (
  upper: number,
  lower: number,
  upperWeight: number,
  lowerWeight: number,
  offsets: number,
  weights: number,
  count: number,
  out: number,
) => void;

type AcrossRow = (
  row: number,
  firsts: number,
  counts: number,
  weights: number,
  longest: number,
  width: number,
  out: number,
) => void;

type ScatterRow = (source: number, step: number, table: number, count: number, out: number, outStep: number) => void;

/** Kernels with a memory of their own; undefined if the processor or Node cannot run them. */
export function createKernels(): Kernels | undefined {
  return instantiateKernels(KERNELS);
}
