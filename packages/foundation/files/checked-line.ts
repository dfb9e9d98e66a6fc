import { crc32 } from 'node:zlib';

/** `<CRC-32 of the JSON, 8 hexadecimal digits> <JSON>\n`: a line that knows whether it is whole. */
export function checkedLine(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from(`${checksumHex(crc32(json))} `), json, NEWLINE]);
}

/** The value of a line without its newline; undefined if it is damaged. */
export function readCheckedLine(line: Buffer): unknown {
  const json = line.subarray(PREFIX_BYTES);
  if (json.length === 0 || line.toString('latin1', 0, PREFIX_BYTES) !== `${checksumHex(crc32(json))} `)
    return undefined;
  try {
    return JSON.parse(json.toString()) as unknown;
  } catch {
    return undefined;
  }
}

const PREFIX_BYTES = 9;
const NEWLINE = Buffer.from('\n');

/** Eight hexadecimal digits. */
export function checksumHex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}
