import type { Tensor } from '../loaded-model.ts';
import { ARRAY_OF } from './allocate.ts';

/** A tensor whose elements are in base64, row-major and little-endian. @throws TypeError for an unknown type */
export function tensorOfBase64({
  type,
  shape,
  data,
}: {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: string;
}): Tensor {
  // Views need their own alignment, which a piece of a shared buffer does not have.
  const { buffer } = Uint8Array.from(Buffer.from(data, 'base64'));
  if (type === 'string') return { type, shape, data: new Uint8Array(buffer) };
  if (!isPlain(type)) throw new TypeError(`"${type}" is not a type of tensors`);
  return { type, shape, data: new ARRAY_OF[type](buffer) };
}

function isPlain(type: string): type is keyof typeof ARRAY_OF {
  return Object.hasOwn(ARRAY_OF, type);
}
