import type { Random } from './random.ts';

/**
 * Changes one thing somewhere in a protobuf message and keeps all lengths right, so that the result still parses and what reads it has
 * to deal with the content. Source of the wire format: https://protobuf.dev/programming-guides/encoding/.
 */
export function mutateMessage(bytes: Uint8Array, random: Random): Uint8Array {
  const fields = parse(bytes);
  if (!fields || fields.length === 0) return mutateText(bytes, random);
  const at = random.below(fields.length);
  const field = fields[at]!;
  const way = random.next();
  if (way < 0.05) return join(fields.filter((_, index) => index !== at));
  if (way < 0.1) return join([...fields.slice(0, at), field, ...fields.slice(at)]);
  const changed: Field =
    field.kind === VARINT
      ? { ...field, value: random.pick(INTERESTING) }
      : {
          ...field,
          content: isDeep(field.content) ? mutateMessage(field.content, random) : mutateText(field.content, random),
        };
  return join(fields.map((one, index) => (index === at ? changed : one)));
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** Bytes of the kinds whose size is fixed: 64 and 32 bits. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

const INTERESTING = [
  0n,
  1n,
  2n,
  7n,
  255n,
  2n ** 16n,
  2n ** 31n - 1n,
  2n ** 32n,
  2n ** 40n,
  2n ** 63n - 1n,
  -1n,
  -(2n ** 63n),
];

interface Field {
  readonly kind: number;
  readonly id: bigint;
  /** Of a number; the length of what has one. */
  readonly value: bigint;
  /** Empty for a number. */
  readonly content: Uint8Array;
}

/** Undefined if the bytes are not a message: a name, or weights. */
function parse(bytes: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = [];
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const key = readVarint(reader);
    if (key === undefined || key >> 3n === 0n) return undefined;
    const kind = Number(key & 7n);
    const value = kind === VARINT || kind === LENGTH_DELIMITED ? readVarint(reader) : 0n;
    const size = kind === VARINT ? 0 : kind === LENGTH_DELIMITED ? Number(value) : FIXED[kind];
    if (value === undefined || size === undefined || reader.at + size > bytes.length) return undefined;
    fields.push({ kind, id: key >> 3n, value, content: bytes.subarray(reader.at, reader.at + size) });
    reader.at += size;
  }
  return fields;
}

function isDeep(content: Uint8Array): boolean {
  return content.length > 1 && (parse(content)?.length ?? 0) > 0;
}

/** Names and weights: as long as before. */
function mutateText(bytes: Uint8Array, random: Random): Uint8Array {
  const result = Uint8Array.from(bytes);
  for (let times = 1 + random.below(4); times > 0 && result.length > 0; times--) {
    result[random.below(result.length)] =
      random.next() < 0.5 ? random.pick([0, 1, 0x7f, 0x80, 0xff]) : random.below(256);
  }
  return result;
}

function join(fields: readonly Field[]): Uint8Array {
  return Uint8Array.from(
    Buffer.concat(
      fields.flatMap(({ kind, id, value, content }) => [
        varint((id << 3n) | BigInt(kind)),
        ...(kind === VARINT ? [varint(value)] : kind === LENGTH_DELIMITED ? [varint(BigInt(content.length))] : []),
        content,
      ]),
    ),
  );
}

function readVarint(reader: { readonly bytes: Uint8Array; at: number }): bigint | undefined {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return undefined;
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
