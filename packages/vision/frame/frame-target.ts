import type { InputSpec } from '#packages/model-package';

import { createTarget } from '../tensor/tensor-target.ts';
import type { TensorTarget } from '../tensor/tensor-target.ts';

/** value · factor + offset, for red, green and blue, or grey. */
export interface Normalization {
  readonly factor: number;
  readonly offset: number;
}

/** Undefined if the tensor does not hold float32: then the target's tables say what becomes of a byte. */
export function normalizationsOf(input: InputSpec): readonly Normalization[] | undefined {
  if (input.dtype !== 'float32') return undefined;
  const order = input.color === 'BGR' ? [2, 1, 0] : input.color === 'GRAY' ? [0] : [0, 1, 2];
  return order.map((channel) => {
    const mean = input.mean[channel] ?? input.mean[0] ?? 0;
    const std = input.std[channel] ?? input.std[0] ?? 1;
    return { factor: Math.fround(1 / std), offset: Math.fround(-mean / std) };
  });
}

/** The input tensor, with tables that hold to the last bit what the kernel computes. */
export function createFrameTarget(input: InputSpec): TensorTarget {
  const target = createTarget(input);
  const normalizations = normalizationsOf(input);
  if (!normalizations) return target;
  const tables = normalizations.map(({ factor, offset }) =>
    Float32Array.from({ length: 256 }, (_, value) => Math.fround(Math.fround(value * factor) + offset)),
  );
  return { ...target, tables };
}
