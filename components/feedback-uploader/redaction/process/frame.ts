/** JSON and bytes, one after the other, as they go through a pipe. */
export interface Frame {
  readonly header: unknown;
  readonly body: Uint8Array;
}

/** Two lengths, 32 bits each, before header and body. */
const LENGTHS_BYTES = 8;

/** The pieces of a frame, in order; the body is not copied. */
export function encodeFrame({ header, body }: Frame): readonly Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32BE(json.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return [lengths, json, body];
}

/** The frames of a stream until it ends; what is left of a frame that was cut off is dropped. */
export async function* readFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame, void> {
  const source = new ByteSource(stream);
  for (;;) {
    const lengths = await source.take(LENGTHS_BYTES);
    const json = lengths && (await source.take(lengths.readUInt32BE(0)));
    const body = json && (await source.take(lengths.readUInt32BE(4)));
    if (!body) return;
    yield { header: JSON.parse(json.toString('utf8')) as unknown, body };
  }
}

/** Takes pieces of wanted lengths from a stream. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Undefined if the stream ends before. */
  async take(bytes: number): Promise<Buffer | undefined> {
    const piece = Buffer.allocUnsafeSlow(bytes);
    let filled = 0;
    while (filled < bytes) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done) return undefined;
        this.#rest = next.value;
      }
      const taken = this.#rest.copy(piece, filled);
      this.#rest = this.#rest.subarray(taken);
      filled += taken;
    }
    return piece;
  }
}
