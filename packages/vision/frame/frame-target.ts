import { createTarget, orderOf } from '../tensor/tensor-target.ts';
import type { TensorForm, TensorTarget } from '../tensor/tensor-target.ts';

/** value · factor + offset, for red, green and blue, or gray. */
export interface Normalization {
  readonly factor: number;
  readonly offset: number;
}

/** Undefined if the tensor does not hold float32: then the target's tables say what becomes of a byte. */
export function normalizationsOf(form: TensorForm): readonly Normalization[] | undefined {
  if (form.dtype !== 'float32') return undefined;
  return orderOf(form).map((channel) => {
    const mean = form.mean[channel] ?? form.mean[0] ?? 0;
    const std = form.std[channel] ?? form.std[0] ?? 1;
    return { factor: Math.fround(1 / std), offset: Math.fround(-mean / std) };
  });
}

/** The input tensor, with tables that hold to the last bit what the kernel computes. */
export function createFrameTarget(form: TensorForm): TensorTarget {
  const target = createTarget(form);
  const normalizations = normalizationsOf(form);
  if (!normalizations) return target;
  const element = (value: number, channel: number): number => {
    const { factor, offset } = normalizations[channel] as Normalization;
    return Math.fround(Math.fround(value * factor) + offset);
  };
  const tables = normalizations.map((_, channel) =>
    Float32Array.from({ length: 256 }, (__, value) => element(value, channel)),
  );
  return { ...target, tables, element };
}
