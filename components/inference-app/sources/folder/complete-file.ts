import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** End of central directory record without a comment, as NumPy writes it (APPNOTE.TXT, 4.3.16). */
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP_END_BYTES = 22;

/** `unknown`: not a format that says where it ends. */
export type Completeness = 'complete' | 'incomplete' | 'unknown';

const HEAD_BYTES = 128;
const TAIL_BYTES = 64;
/** Chunk length 0, `IEND` and its checksum (PNG specification, third edition, 11.2.5). */
const PNG_END = Buffer.from('0000000049454e44ae426082', 'hex');

/**
 * Whether an image file is written to its end, told from its first and last bytes: JPEG by its EOI marker (ITU-T T.81, B.1.1.3),
 * PNG by IEND, WebP by the size in its RIFF header, npy by shape and type, npz by the end record of a ZIP file. So a file
 * that is still being copied is told from one that is there, without waiting.
 */
export async function completenessOf(path: string): Promise<Completeness> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const head = await bytesAt(file, 0, Math.min(HEAD_BYTES, size));
    const tail = await bytesAt(file, Math.max(0, size - TAIL_BYTES), Math.min(TAIL_BYTES, size));
    return judge(head, tail, size);
  } finally {
    await file.close();
  }
}

function judge(head: Buffer, tail: Buffer, size: number): Completeness {
  if (head.subarray(0, 2).equals(Buffer.from([0xff, 0xd8]))) return verdict(endsWithMarker(tail));
  if (head.subarray(1, 4).toString('latin1') === 'PNG') return verdict(tail.subarray(-PNG_END.length).equals(PNG_END));
  if (head.subarray(0, 4).toString('latin1') === 'RIFF') return verdict(size >= head.readUInt32LE(4) + 8);
  if (head.subarray(0, 4).toString('latin1') === 'PK\x03\x04')
    return verdict(tail.subarray(-ZIP_END_BYTES).indexOf(ZIP_END) === 0);
  if (head.subarray(1, 6).toString('latin1') === 'NUMPY') return npyVerdict(head, size);
  return 'unknown';
}

/** Cameras pad with zeros after EOI. */
function endsWithMarker(tail: Buffer): boolean {
  let end = tail.length;
  while (end > 0 && tail[end - 1] === 0) end--;
  return end >= 2 && tail[end - 2] === 0xff && tail[end - 1] === 0xd9;
}

/** NEP 1: `{'descr': '|u1', 'fortran_order': False, 'shape': (480, 640, 3), }` after ten bytes (twelve from version 2 on). */
function npyVerdict(head: Buffer, size: number): Completeness {
  const isFirstVersion = head[6] === 1;
  const start = isFirstVersion ? 10 : 12;
  const length = isFirstVersion ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (size < start + length) return 'incomplete';
  const text = head.subarray(start).toString('latin1');
  const itemBytes = Number(/'descr':\s*'[<>|=]?[a-z](\d+)'/.exec(text)?.[1]);
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (!Number.isFinite(itemBytes) || shape === undefined) return 'unknown';
  const items = shape.split(',').reduce((product, part) => (part.trim() === '' ? product : product * Number(part)), 1);
  return verdict(size >= start + length + items * itemBytes);
}

function verdict(isComplete: boolean): Completeness {
  return isComplete ? 'complete' : 'incomplete';
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
