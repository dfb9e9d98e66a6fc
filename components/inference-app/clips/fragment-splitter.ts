/** A piece of a fragmented MP4 file, from one key frame to the next. */
export interface FragmentEvents {
  /** A stream begins: every file of its fragments begins with this head. */
  readonly onStart: (head: Buffer) => void;
  readonly onFragment: (fragment: Buffer) => void;
  /** The stream is not MP4, or a piece is larger than allowed. Nothing follows. */
  readonly onBroken: (reason: string) => void;
}

/**
 * Cuts the output of ffmpeg with `-movflags frag_keyframe+empty_moov` into the head (`ftyp`, `moov`) and fragments (`moof` and what follows,
 * `mdat`). Source of the boxes: ISO/IEC 14496-12, 4.2 and 8.8.
 */
export class FragmentSplitter {
  readonly #events: FragmentEvents;
  readonly #maxBytes: number;
  /** The part of the current box that has come, and the length of the box; 0: not known yet. */
  #chunks: Buffer[] = [];
  #bytes = 0;
  #boxBytes = 0;
  #head: Buffer[] | undefined = [];
  #fragment: Buffer[] = [];
  #isBroken = false;

  /** @param maxBytes of one box; a larger one breaks the stream */
  constructor(maxBytes: number, events: FragmentEvents) {
    this.#maxBytes = maxBytes;
    this.#events = events;
  }

  push(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0 && !this.#isBroken;) {
      const wanted = (this.#boxBytes || HEADER_BYTES) - this.#bytes;
      const part = rest.subarray(0, wanted);
      this.#chunks.push(part);
      this.#bytes += part.length;
      rest = rest.subarray(part.length);
      if (part.length < wanted) return;
      if (this.#boxBytes === 0) this.#readHeader();
      if (this.#boxBytes > 0 && this.#bytes === this.#boxBytes) this.#whole();
    }
  }

  #readHeader(): void {
    const header = Buffer.concat(this.#chunks);
    const bytes = header.readUInt32BE(0);
    if (bytes < HEADER_BYTES || bytes > this.#maxBytes)
      return this.#break(`a box has ${bytes} bytes, and ${this.#maxBytes} are allowed`);
    this.#chunks = [header];
    this.#boxBytes = bytes;
  }

  #whole(): void {
    const box = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = this.#boxBytes = 0;
    const type = box.toString('latin1', 4, HEADER_BYTES);
    if (this.#head) {
      this.#head.push(box);
      if (type !== 'moov') return;
      this.#events.onStart(Buffer.concat(this.#head));
      this.#head = undefined;
      return;
    }
    this.#fragment.push(box);
    if (type !== 'mdat') return;
    this.#events.onFragment(Buffer.concat(this.#fragment));
    this.#fragment = [];
  }

  #break(reason: string): void {
    this.#isBroken = true;
    this.#chunks = this.#fragment = [];
    this.#events.onBroken(reason);
  }
}

const HEADER_BYTES = 8;
