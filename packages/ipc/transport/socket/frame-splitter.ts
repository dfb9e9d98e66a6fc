/** Upper bound of one frame (aws-c-event-stream, `event_stream.h`). */
const MAX_FRAME_BYTES = 24 * 1024 * 1024;
/** Prelude and checksums around nothing. */
const MIN_FRAME_BYTES = 16;

/** Cuts a byte stream into frames: each begins with its own length, u32 big endian. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Frames that are whole after this chunk. Throws where a length makes no sense: the stream is lost then. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Buffer[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#bytes < length) return frames;
      frames.push(this.#take(length));
    }
  }

  #nextLength(): number | undefined {
    if (this.#bytes < 4) return undefined;
    const [first] = this.#chunks;
    const length = (first && first.length >= 4 ? first : this.#join()).readUInt32BE(0);
    if (length < MIN_FRAME_BYTES || length > MAX_FRAME_BYTES) throw new Error(`a frame claims to have ${length} bytes`);
    return length;
  }

  #take(length: number): Buffer {
    const all = this.#join();
    this.#chunks = all.length > length ? [all.subarray(length)] : [];
    this.#bytes -= length;
    return all.subarray(0, length);
  }

  #join(): Buffer {
    const [only] = this.#chunks;
    const all = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
