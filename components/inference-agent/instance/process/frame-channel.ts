import type { Duplex } from 'node:stream';

/** What a frame may have; a peer that sends more is cut off. */
export interface FrameLimits {
  readonly headBytes: number;
  readonly blobBytes: number;
}

export interface FrameListener {
  /** `blob` is valid during the call only, unless it is copied. */
  frame(head: unknown, blob: Buffer): void;
  /** The other side is gone, or has broken the protocol: then `reason` says how. Called once. */
  closed(reason?: Error): void;
}

const PREFIX_BYTES = 8;
/** Up to here one copy into one buffer is cheaper than several writes. */
const ONE_WRITE_BYTES = 64 * 1024;

/**
 * Messages over a stream of bytes: the length of the head, the length of the blob (both unsigned, 32 bits, little endian), the head
 * as JSON, the blob as it is. JSON, because the other side may have been taken over: nothing but plain values comes out of it.
 */
export class FrameChannel {
  readonly #stream: Duplex;
  readonly #limits: FrameLimits;
  #listener: FrameListener | undefined;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #closed = false;

  constructor(stream: Duplex, limits: FrameLimits) {
    this.#stream = stream;
    this.#limits = limits;
    // A process that dies resets its sockets: the process says why, not they.
    stream.on('error', () => this.#end());
    stream.on('close', () => this.#end());
    stream.on('end', () => this.#end());
  }

  listen(listener: FrameListener): void {
    this.#listener = listener;
    this.#stream.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** The blobs must not change before the other side has answered. */
  send(head: object, blobs: readonly Uint8Array[] = []): void {
    if (this.#closed) return;
    const text = Buffer.from(JSON.stringify(head));
    const blobBytes = blobs.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    prefix.writeUInt32LE(text.length, 0);
    prefix.writeUInt32LE(blobBytes, 4);
    if (text.length + blobBytes <= ONE_WRITE_BYTES) {
      this.#stream.write(Buffer.concat([prefix, text, ...blobs]));
      return;
    }
    this.#stream.cork();
    for (const part of [prefix, text, ...blobs]) this.#stream.write(part);
    this.#stream.uncork();
  }

  close(): void {
    this.#closed = true;
    this.#stream.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#closed) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    try {
      while (this.#takeFrame());
    } catch (thrown) {
      this.#end(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  /** @returns whether there was a whole frame */
  #takeFrame(): boolean {
    if (this.#closed || this.#buffered < PREFIX_BYTES) return false;
    const first = this.#atLeast(PREFIX_BYTES);
    const headBytes = first.readUInt32LE(0);
    const blobBytes = first.readUInt32LE(4);
    if (headBytes > this.#limits.headBytes || blobBytes > this.#limits.blobBytes) {
      throw new Error(`a frame of ${headBytes} + ${blobBytes} bytes is larger than allowed`);
    }
    const bytes = PREFIX_BYTES + headBytes + blobBytes;
    if (this.#buffered < bytes) return false;
    const whole = this.#atLeast(bytes);
    this.#drop(bytes);
    const head: unknown = JSON.parse(whole.toString('utf8', PREFIX_BYTES, PREFIX_BYTES + headBytes));
    this.#listener?.frame(head, whole.subarray(PREFIX_BYTES + headBytes, bytes));
    return true;
  }

  /** The first chunk, joined with as many of the next as are needed for so many bytes. */
  #atLeast(bytes: number): Buffer {
    const [first] = this.#chunks;
    if (first && first.length >= bytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #drop(bytes: number): void {
    const [first, ...rest] = this.#chunks;
    this.#buffered -= bytes;
    this.#chunks = first && first.length > bytes ? [first.subarray(bytes), ...rest] : rest;
  }

  #end(reason?: Error): void {
    if (this.#closed) return;
    this.close();
    this.#listener?.closed(reason);
  }
}
