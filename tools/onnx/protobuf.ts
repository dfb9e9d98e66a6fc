/**
 * Reads one protobuf message field by field, without a schema. Only what ONNX files need: varints, fixed numbers and byte strings.
 * Source: protobuf.dev, "Encoding".
 */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Calls back with each field; unknown ones may be ignored. Throws a RangeError or Error where the bytes are no message. */
  forEach(visit: (field: number, value: FieldValue) => void): void {
    while (this.#at < this.#bytes.length) {
      const tag = Number(this.#varint());
      const field = tag >>> 3;
      if (field === 0) throw new Error('field number 0');
      visit(field, this.#value(tag & 7));
    }
  }

  #value(wireType: number): FieldValue {
    switch (wireType) {
      case 0:
        return { kind: 'varint', value: BigInt.asIntN(64, this.#varint()) };
      case 1:
        return { kind: 'fixed64', value: this.#view.getFloat64(this.#skip(8), true) };
      case 2: {
        const length = Number(this.#varint());
        const start = this.#skip(length);
        return { kind: 'bytes', value: this.#bytes.subarray(start, start + length) };
      }
      case 5:
        return { kind: 'fixed32', value: this.#view.getFloat32(this.#skip(4), true) };
      default:
        throw new Error(`wire type ${wireType}`);
    }
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error('it ends within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('a number is too long');
  }

  #skip(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new Error('it ends within a field');
    this.#at += length;
    return start;
  }
}

export type FieldValue =
  | { readonly kind: 'varint'; readonly value: bigint }
  | { readonly kind: 'fixed64' | 'fixed32'; readonly value: number }
  | { readonly kind: 'bytes'; readonly value: Uint8Array };

/** The number of a varint field; 0 for anything else. */
export function asNumber(value: FieldValue): number {
  return value.kind === 'bytes' ? 0 : Number(value.value);
}

export function asBytes(value: FieldValue): Uint8Array {
  return value.kind === 'bytes' ? value.value : new Uint8Array(0);
}

export function asText(value: FieldValue): string {
  return Buffer.from(asBytes(value)).toString('utf8');
}

/** One number, or the packed list of them. */
export function asNumbers(value: FieldValue): readonly number[] {
  if (value.kind !== 'bytes') return [Number(value.value)];
  const numbers: number[] = [];
  let number = 0n;
  let shift = 0n;
  for (const byte of value.value) {
    number |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    numbers.push(Number(BigInt.asIntN(64, number)));
    number = 0n;
    shift = 0n;
  }
  return numbers;
}
