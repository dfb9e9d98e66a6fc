import { visionErrors } from '../errors.ts';

/**
 * Strings as the elements of a tensor: each as UTF-8 behind its length in four bytes, little-endian, so that a tensor of
 * strings is a piece of memory like any other. Source: Open Inference Protocol v2, "Binary Tensor Data Extension", type BYTES.
 */
export function packStrings(strings: readonly string[]): Uint8Array<ArrayBuffer> {
  return packBytes(strings.map((text) => Buffer.from(text, 'utf8')));
}

/** As `packStrings`, for elements that may not be text, e.g. an encoded image. */
export function packBytes(elements: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts = elements.flatMap((bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** @throws EdgeError `model.input-invalid` if the bytes are not that many strings */
export function unpackStrings(bytes: Uint8Array, count: number): readonly string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: string[] = [];
  let at = 0;
  while (at < buffer.length && strings.length <= count) {
    const start = at + 4;
    const end = start <= buffer.length ? start + buffer.readUInt32LE(at) : Infinity;
    if (end > buffer.length) throw invalid(`a string ends behind the ${buffer.length} bytes of its tensor`);
    strings.push(buffer.toString('utf8', start, end));
    at = end;
  }
  if (strings.length !== count || at !== buffer.length)
    throw invalid(`its shape says ${count} strings, and there are others`);
  return strings;
}

function invalid(what: string): Error {
  return visionErrors.error('model.input-invalid', `the tensor of strings cannot be read: ${what}`);
}
