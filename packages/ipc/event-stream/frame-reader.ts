import { crc32 } from 'node:zlib';
import { messageOf } from '#packages/foundation';
import { ipcErrors } from '../errors.ts';
import { CHECKSUM_BYTES, COMMON_HEADERS, MAX_FRAME_BYTES, MAX_HEADERS_BYTES, PRELUDE_BYTES } from './frame.ts';
import type { Frame } from './frame.ts';
import { readHeaders } from './headers.ts';

/** Prelude and checksum around empty headers and payload. */
const MIN_FRAME_BYTES = PRELUDE_BYTES + CHECKSUM_BYTES;

/**
 * Puts frames together from a byte stream that may be cut anywhere.
 * The prelude is checked before the rest is waited for, so that a false length cannot make the reader hold more than a frame.
 */
export class FrameReader {
  /** Frames above it are refused; may change between frames. */
  maxFrameBytes: number;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Of the frame that is being received; undefined until it is complete. */
  #prelude: Prelude | undefined;

  constructor(maxFrameBytes: number = MAX_FRAME_BYTES) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Bytes held that do not make a frame yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Frames completed by this chunk, oldest first. @throws EdgeError `ipc.bad-frame`, `ipc.frame-too-large`; the stream is useless then */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.byteLength;
    for (;;) {
      if (this.#buffered < PRELUDE_BYTES) return;
      this.#prelude ??= readPrelude(this.#peek(PRELUDE_BYTES), this.maxFrameBytes);
      if (this.#buffered < this.#prelude.bytes) return;
      const { bytes, headersBytes } = this.#prelude;
      this.#prelude = undefined;
      yield readFrame(this.#take(bytes), headersBytes);
    }
  }

  #peek(length: number): Buffer {
    let [first] = this.#chunks;
    if (!first || first.byteLength < length) first = this.#join();
    return Buffer.from(first.buffer, first.byteOffset, length);
  }

  #take(length: number): Buffer {
    const all = this.#join();
    const rest = all.subarray(length);
    this.#chunks = rest.byteLength > 0 ? [rest] : [];
    this.#buffered = rest.byteLength;
    return Buffer.from(all.buffer, all.byteOffset, length);
  }

  #join(): Uint8Array {
    const [only] = this.#chunks;
    const all = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, this.#buffered);
    this.#chunks = [all];
    return all;
  }
}

/** Lengths in bytes of the whole frame and of its headers. */
interface Prelude {
  readonly bytes: number;
  readonly headersBytes: number;
}

function readPrelude(prelude: Buffer, maxFrameBytes: number): Prelude {
  const bytes = prelude.readUInt32BE(0);
  const headersBytes = prelude.readUInt32BE(4);
  if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) throw badFrame('its prelude checksum is wrong');
  if (bytes < MIN_FRAME_BYTES) throw badFrame(`its length of ${bytes} bytes is below ${MIN_FRAME_BYTES}`);
  if (bytes > maxFrameBytes) {
    const message = `a frame of ${bytes} bytes exceeds the ${maxFrameBytes} bytes allowed`;
    throw ipcErrors.error('ipc.frame-too-large', message, { facts: { bytes, maxFrameBytes } });
  }
  if (headersBytes > bytes - MIN_FRAME_BYTES || headersBytes > MAX_HEADERS_BYTES)
    throw badFrame(`its headers of ${headersBytes} bytes do not fit a frame of ${bytes} bytes`);
  return { bytes, headersBytes };
}

function readFrame(bytes: Buffer, headersBytes: number): Frame {
  const end = bytes.length - CHECKSUM_BYTES;
  const payloadAt = PRELUDE_BYTES + headersBytes;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) throw badFrame('its checksum is wrong');
  const headers = new Map(headersOf(bytes.subarray(PRELUDE_BYTES, payloadAt)));
  const common = (name: string): number => {
    const value = headers.get(name);
    if (typeof value !== 'number') throw badFrame(`it lacks the int32 header "${name}"`);
    return value;
  };
  return {
    type: common(COMMON_HEADERS.type),
    flags: common(COMMON_HEADERS.flags),
    streamId: common(COMMON_HEADERS.streamId),
    headers: Object.fromEntries(
      [...headers].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    payload: bytes.subarray(payloadAt, end),
  };
}

function headersOf(bytes: Buffer): ReturnType<typeof readHeaders> {
  try {
    return readHeaders(bytes);
  } catch (error) {
    throw badFrame(messageOf(error), error);
  }
}

function badFrame(reason: string, cause?: unknown): Error {
  return ipcErrors.error('ipc.bad-frame', `a frame was refused: ${reason}`, { cause });
}
