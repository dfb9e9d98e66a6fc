/** A header of the types that event-stream RPC uses: int32 or string. */
export type Header = readonly [name: string, value: number | string];

const INT32 = 4;
const STRING = 7;
/** By type: true, false, int8, int16, int32, int64, bytes, string, time, UUID. Those without a fixed size are undefined. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16] as const;

/** Bytes that the headers take. */
export function sizeOfHeaders(headers: readonly Header[]): number {
  let bytes = 0;
  for (const [name, value] of headers)
    bytes += Buffer.byteLength(name) + (typeof value === 'number' ? 6 : 4 + Buffer.byteLength(value));
  return bytes;
}

/**
 * Wire form of a header: u8 length of the name, name, u8 type, value; a value of a type without a fixed size has its
 * length as u16 before it. Source: Smithy specification, "Amazon Event Stream".
 *
 * @throws RangeError if a name has more than 255 bytes, a text more than 65,535
 */
export function writeHeaders(headers: readonly Header[], bytes: Buffer, start: number): void {
  let at = start;
  for (const [name, value] of headers) {
    const nameBytes = bytes.write(name, at + 1);
    bytes.writeUInt8(nameBytes, at);
    at += 1 + nameBytes;
    if (typeof value === 'number') {
      bytes.writeUInt8(INT32, at);
      at = bytes.writeInt32BE(value, at + 1);
    } else {
      bytes.writeUInt8(STRING, at);
      const textBytes = bytes.write(value, at + 3);
      at = bytes.writeUInt16BE(textBytes, at + 1) + textBytes;
    }
  }
}

/** Headers of the two types; others are passed over. @throws Error if the bytes are not headers */
export function readHeaders(bytes: Buffer): readonly Header[] {
  const headers: Header[] = [];
  let at = 0;
  const skip = (length: number): number => {
    if (length > bytes.length - at) throw new Error('a header does not end within the headers');
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const nameAt = skip(bytes.readUInt8(skip(1)));
    const name = bytes.toString('utf8', nameAt, at);
    const type = bytes.readUInt8(skip(1));
    if (type >= VALUE_BYTES.length) throw new Error(`the header "${name}" has the unknown type ${type}`);
    const valueAt = skip(VALUE_BYTES[type] ?? bytes.readUInt16BE(skip(2)));
    if (type === INT32) headers.push([name, bytes.readInt32BE(valueAt)]);
    if (type === STRING) headers.push([name, bytes.toString('utf8', valueAt, at)]);
  }
  return headers;
}
