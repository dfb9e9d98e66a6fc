/**
 * Reads protobuf messages field by field, without a schema. Source: protobuf.dev, "Encoding".
 *
 * Why not protobufjs with a schema, which would be shorter: ONNX files are large, and other people's. Its decoder makes an
 * array of every list of numbers (100 MB of float_data take 3 s and 550 MB; here they are never touched), cuts a text short
 * that claims to go beyond the end instead of refusing the file, and takes a field of the wrong wire type for what it is not.
 */

/** A number (of 64 bits: exact up to 2^53), or bytes: a text, a message, a packed list; a view of the file, not a copy. */
export type FieldValue = number | Uint8Array;

/** The reader of each field, by its number; others are skipped. A field may come several times. */
export type Fields = Readonly<Record<number, (value: FieldValue) => void>>;

/** @throws Error that says what is wrong with the bytes */
export function readMessage(value: FieldValue, fields: Fields): void {
  const cursor = new Cursor(asBytes(value));
  while (!cursor.atEnd) {
    const tag = cursor.varint();
    const field = Number(tag >> 3n);
    if (field === 0) throw new Error('it has a field of the number 0');
    const read = fields[field];
    const found = nextValue(cursor, Number(tag & 7n));
    read?.(found);
  }
}

/** @throws Error if the value is not a number */
export function asNumber(value: FieldValue): number {
  if (typeof value === 'number') return value;
  throw new Error('it has bytes where a number belongs');
}

/** @throws Error if the value is a number */
export function asText(value: FieldValue): string {
  const { buffer, byteOffset, byteLength } = asBytes(value);
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}

/** @throws Error if the value is a number */
export function asBytes(value: FieldValue): Uint8Array {
  if (typeof value !== 'number') return value;
  throw new Error('it has a number where bytes belong');
}

/** One whole number, or the packed list of them; at most `most`, the others are not read. */
export function asNumbers(value: FieldValue, most: number): readonly number[] {
  if (typeof value === 'number') return [value];
  const cursor = new Cursor(value);
  const numbers: number[] = [];
  while (!cursor.atEnd && numbers.length < most) numbers.push(signed(cursor.varint()));
  return numbers;
}

/** One float, also as a packed list of one; undefined for a longer list. */
export function asFloat(value: FieldValue): number | undefined {
  if (typeof value === 'number') return value;
  return value.length === 4 ? viewOf(value).getFloat32(0, true) : undefined;
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function nextValue(cursor: Cursor, wireType: number): FieldValue {
  switch (wireType) {
    case 0:
      return signed(cursor.varint());
    case 1:
      return viewOf(cursor.take(8)).getFloat64(0, true);
    case 2:
      return cursor.take(Number(cursor.varint()));
    case 5:
      return viewOf(cursor.take(4)).getFloat32(0, true);
    default:
      throw new Error(`it has a field of the wire type ${wireType}`);
  }
}

function signed(varint: bigint): number {
  return Number(BigInt.asIntN(64, varint));
}

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Ten bytes at most, so that a number cannot grow with the file. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error('it ends within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('it has a number of more than ten bytes');
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Error('it ends within a field');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
