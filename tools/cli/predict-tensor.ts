import { plainElements } from '#packages/vision';
import type { Tensor } from '#packages/vision';

/** A tensor as it is printed. */
export interface PlainTensor extends Pick<Tensor, 'type' | 'shape'> {
  /** Row-major; 64-bit integers that a number cannot hold are text. */
  readonly data: readonly (number | string | boolean)[];
}

export function plainTensor(tensor: Tensor): PlainTensor {
  const { type, shape } = tensor;
  return { type, shape, data: plainElements(tensor) };
}
