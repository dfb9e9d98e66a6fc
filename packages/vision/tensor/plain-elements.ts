import type { Tensor } from '../loaded-model.ts';
import { elementsOf } from './allocate.ts';
import { fromFloat16Bits } from './float16.ts';
import { unpackStrings } from './string-elements.ts';

/**
 * Elements as JSON has them, row-major. 64-bit integers that a number cannot hold are text; JSON writes NaN and infinities as null.
 * @throws EdgeError `model.input-invalid` if strings are not as many as the shape says
 */
export function plainElements({ type, shape, data }: Tensor): readonly (number | string | boolean)[] {
  switch (type) {
    case 'string':
      return unpackStrings(data as Uint8Array, elementsOf(shape));
    case 'bool':
      return Array.from(data as Uint8Array, (one) => one !== 0);
    case 'float16':
      return Array.from(data as Uint16Array, fromFloat16Bits);
    case 'int64':
    case 'uint64':
      return Array.from(data as BigInt64Array, (one) =>
        Number.isSafeInteger(Number(one)) ? Number(one) : String(one),
      );
    default:
      return Array.from(data as Float32Array);
  }
}
