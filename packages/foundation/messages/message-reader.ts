/** The limits of a message; a peer that sends more is cut off. */
export interface MessageLimits {
  readonly headBytes: number;
  readonly blobBytes: number;
}

/** Told of each message as it comes: `begin`, any number of `piece`, `end`. */
interface MessageHandler {
  /** @param head JSON of the other side, unchecked; @param blobBytes how much follows it */
  begin(head: unknown, blobBytes: number): void;
  /** More of the blob; valid during the call only. */
  piece(bytes: Buffer): void;
  end(): void;
}

/** Bytes before the head: its length, then that of the blob, both unsigned, 32 bits, little endian. */
export const MESSAGE_PREFIX_BYTES = 8;

/**
 * Reads messages off a stream of bytes, however it is cut: a prefix, the head as JSON, the blob as it is. JSON, because the other side
 * may be hostile: nothing but plain values comes out of it.
 */
export class MessageReader {
  readonly #limits: MessageLimits;
  readonly #handler: MessageHandler;
  /** The beginning of a head, until the rest of it is there. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** How much of it must be there to continue. */
  #needed = MESSAGE_PREFIX_BYTES;
  /** Of the present blob, not there yet. */
  #missing = 0;
  #isInBlob = false;

  constructor(limits: MessageLimits, handler: MessageHandler) {
    this.#limits = limits;
    this.#handler = handler;
  }

  /** Whether a message has begun and has not ended. */
  get isAmid(): boolean {
    return this.#isInBlob || this.#keptBytes > 0;
  }

  /** @throws Error at what is not a message, or a larger one than allowed: nothing after it can be read */
  push(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0;) {
      rest = this.#isInBlob ? this.#takeBlob(rest) : this.#takeHead(rest);
    }
  }

  #takeBlob(bytes: Buffer): Buffer {
    const isLast = bytes.length >= this.#missing;
    const piece = bytes.length > this.#missing ? bytes.subarray(0, this.#missing) : bytes;
    this.#missing -= piece.length;
    this.#handler.piece(piece);
    if (isLast) this.#end();
    return bytes.subarray(piece.length);
  }

  #takeHead(bytes: Buffer): Buffer {
    if (this.#keptBytes + bytes.length < this.#needed) {
      // A copy: the caller may read into the same memory again.
      this.#kept.push(Buffer.from(bytes));
      this.#keptBytes += bytes.length;
      return NOTHING;
    }
    const all = this.#keptBytes === 0 ? bytes : Buffer.concat([...this.#kept, bytes]);
    this.#kept = [];
    this.#keptBytes = 0;
    const headBytes = all.readUInt32LE(0);
    const blobBytes = all.readUInt32LE(4);
    if (headBytes > this.#limits.headBytes || blobBytes > this.#limits.blobBytes) {
      throw new Error(`a message of ${headBytes} + ${blobBytes} bytes is larger than allowed`);
    }
    const end = MESSAGE_PREFIX_BYTES + headBytes;
    if (all.length < end) {
      this.#needed = end;
      return this.#takeHead(all);
    }
    this.#needed = MESSAGE_PREFIX_BYTES;
    const head: unknown = JSON.parse(all.toString('utf8', MESSAGE_PREFIX_BYTES, end));
    this.#missing = blobBytes;
    this.#isInBlob = true;
    this.#handler.begin(head, blobBytes);
    if (blobBytes === 0) this.#end();
    return all.subarray(end);
  }

  #end(): void {
    this.#isInBlob = false;
    this.#handler.end();
  }
}

const NOTHING = Buffer.alloc(0);
