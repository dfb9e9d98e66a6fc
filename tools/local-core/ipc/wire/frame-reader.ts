import { crc32 } from 'node:zlib';
import { messageOf } from '#packages/foundation';
import { ipcErrors } from '../errors.ts';
import { decodeFrame, MAX_FRAME_BYTES, MAX_HEADERS_BYTES, MIN_FRAME_BYTES, PRELUDE_BYTES } from './frame.ts';
import type { Frame } from './frame.ts';

/**
 * Puts frames together from a byte stream that may be cut anywhere.
 * The prelude is checked before the frame's memory is taken, so that a false length cannot make the server allocate.
 */
export class FrameReader {
  /** Frames above it are refused; may change between frames. */
  maxFrameBytes: number;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Total length of the frame being received; 0 while its prelude is incomplete. */
  #expected = 0;

  constructor(maxFrameBytes: number = MAX_FRAME_BYTES) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Bytes held that do not make a frame yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Frames completed by this chunk, oldest first. Throws `ipc-server.bad-frame`; the stream is useless afterwards. */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.byteLength;
    for (;;) {
      if (this.#expected === 0) {
        if (this.#buffered < PRELUDE_BYTES) return;
        this.#expected = this.#checkPrelude(this.#peek(PRELUDE_BYTES));
      }
      if (this.#buffered < this.#expected) return;
      const bytes = this.#take(this.#expected);
      this.#expected = 0;
      yield decode(bytes);
    }
  }

  #checkPrelude(prelude: Buffer): number {
    const total = prelude.readUInt32BE(0);
    const headers = prelude.readUInt32BE(4);
    if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) throw badFrame('its prelude checksum is wrong');
    if (total < MIN_FRAME_BYTES) throw badFrame(`its length of ${total} bytes is below ${MIN_FRAME_BYTES}`);
    if (total > this.maxFrameBytes) {
      throw ipcErrors.error(
        'ipc-server.frame-too-large',
        `a frame of ${total} bytes exceeds the ${this.maxFrameBytes} bytes allowed`,
      );
    }
    if (headers > total - MIN_FRAME_BYTES || headers > MAX_HEADERS_BYTES) {
      throw badFrame(`its headers of ${headers} bytes do not fit a frame of ${total} bytes`);
    }
    return total;
  }

  #peek(length: number): Buffer {
    const first = this.#chunks[0];
    if (first && first.byteLength >= length) return Buffer.from(first.buffer, first.byteOffset, length);
    this.#join();
    return this.#peek(length);
  }

  #take(length: number): Uint8Array {
    if (this.#chunks.length > 1) this.#join();
    const all = this.#chunks[0] ?? new Uint8Array();
    const rest = all.subarray(length);
    this.#chunks = rest.byteLength > 0 ? [rest] : [];
    this.#buffered = rest.byteLength;
    return all.subarray(0, length);
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks, this.#buffered)];
  }
}

function decode(bytes: Uint8Array): Frame {
  try {
    return decodeFrame(bytes);
  } catch (error) {
    throw badFrame(messageOf(error), error);
  }
}

function badFrame(reason: string, cause?: unknown): Error {
  return ipcErrors.error('ipc-server.bad-frame', `a frame was refused: ${reason}`, { cause });
}
