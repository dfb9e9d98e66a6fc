import { visionErrors } from '../errors.ts';
import { readNpyHeader } from '../image/npy.ts';
import type { NpyHeader } from '../image/npy.ts';
import type { Tensor, TensorType } from '../loaded-model.ts';
import { ARRAY_OF, elementsOf } from './allocate.ts';
import { packStrings, unpackStrings } from './string-elements.ts';

/**
 * A NumPy array as a tensor: numbers, booleans and fixed-width strings (`U`), in C order.
 * Source: numpy.lib.format, "Format Version 1.0"; numpy's array interface for the type codes.
 * @throws EdgeError `tensor.file-invalid`
 */
export function tensorOfNpy(bytes: Uint8Array, name: string): Tensor {
  const header = headerOf(bytes, name);
  const { shape, littleEndian, fortranOrder, offset } = header;
  if (fortranOrder && shape.length > 1) {
    throw invalid(name, 'it is in Fortran order; save np.ascontiguousarray of it');
  }
  const type = TYPES[header.type];
  const width = Number(header.type.slice(1));
  const isText = header.type.startsWith('U');
  if (!type && !isText) {
    throw invalid(name, `it holds "${header.type}"; ${Object.keys(TYPES).join(', ')} and U (text) are read`);
  }
  if (!littleEndian) throw invalid(name, 'its numbers are big-endian; save them with astype("<…")');
  const count = elementsOf(shape);
  // Nothing of the file bounds how many there are.
  if (isText && width === 0 && count > 0) throw invalid(name, `it holds ${count} texts of no characters`);
  const size = count * (isText ? 4 * width : width);
  // A copy: a slice of a Buffer would not be one, and elements want their alignment.
  const data = new Uint8Array(bytes.subarray(offset, offset + size));
  if (!Number.isSafeInteger(size) || data.length !== size || bytes.length !== offset + size) {
    throw invalid(
      name,
      `${bytes.length - offset} bytes follow the header, and [${shape.join(', ')}] of ${header.type} are ${size}`,
    );
  }
  if (isText || type === undefined)
    return { type: 'string', shape, data: packStrings(textsOf(data, count, width, name)) };
  return { type, shape, data: new ARRAY_OF[type](data.buffer) };
}

/** A tensor as a NumPy array file, version 1.0; strings as `U` of the longest. */
export function npyOfTensor({ type, shape, data }: Tensor): Uint8Array {
  const texts = type === 'string' ? unpackStrings(data as Uint8Array, elementsOf(shape)) : undefined;
  const points = texts?.map((text) => Array.from(text, (letter) => letter.codePointAt(0) as number));
  const width = Math.max(1, ...(points?.map(({ length }) => length) ?? []));
  const code = type === 'string' ? `<U${width}` : CODES[type];
  const body = points
    ? new Uint8Array(
        Uint32Array.from(points.flatMap((one) => [...one, ...Array<number>(width - one.length).fill(0)])).buffer,
      )
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const words = `{'descr': '${code}', 'fortran_order': False, 'shape': (${sides}), }`;
  // Magic, version and length are 10 bytes; the whole header is a multiple of 64 and ends with a line feed.
  const length = Math.ceil((10 + words.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY', 0, 'latin1');
  head.writeUInt8(1, 6);
  head.writeUInt16LE(length, 8);
  return new Uint8Array(Buffer.concat([head, Buffer.from(`${words.padEnd(length - 1)}\n`, 'latin1'), body]));
}

const TYPES: Readonly<Record<string, keyof typeof ARRAY_OF>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  b1: 'bool',
};

const CODES = Object.fromEntries(
  Object.entries(TYPES).map(([code, type]) => [type, `${/1$/.test(code) ? '|' : '<'}${code}`]),
) as Readonly<Record<TensorType, string>>;

function headerOf(bytes: Uint8Array, name: string): NpyHeader {
  if (!isNpy(bytes)) throw invalid(name, 'it does not begin as a NumPy array does');
  try {
    return readNpyHeader(bytes);
  } catch (cause) {
    throw invalid(name, 'its header cannot be read', cause);
  }
}

export function isNpy(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 6)).toString('latin1') === '\x93NUMPY';
}

function textsOf(data: Uint8Array<ArrayBuffer>, count: number, width: number, name: string): readonly string[] {
  const points = new Uint32Array(data.buffer);
  if (points.some((point) => point > 0x10ffff)) throw invalid(name, 'it holds something that is not text');
  return Array.from({ length: count }, (_, index) =>
    // One by one: a call does not take as many arguments as a long text has characters.
    Array.from(points.subarray(index * width, (index + 1) * width), (point) => String.fromCodePoint(point))
      .join('')
      .replace(/\0+$/, ''),
  );
}

function invalid(name: string, what: string, cause?: unknown): Error {
  return visionErrors.error('tensor.file-invalid', `the array "${name}" cannot be read: ${what}`, {
    cause,
    facts: { file: name },
  });
}
