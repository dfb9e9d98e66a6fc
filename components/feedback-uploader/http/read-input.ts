import type { IncomingMessage } from 'node:http';
import { isEdgeError } from '#packages/foundation';
import { MB } from '../config.ts';
import { uploaderErrors } from '../errors.ts';
import { ByteGate } from '../memory/byte-gate.ts';

/** Samples that are being received or written, together; more wait on their connections. */
const MEMORY_BYTES = 16 * MB;

/** Reads bodies into memory, within a bound for all of them together. */
export class InputReader {
  readonly #gate = new ByteGate(MEMORY_BYTES);
  readonly #onDropped: (bytes: number) => void;

  /** @param onDropped told of every body that is not needed any more */
  constructor(onDropped: (bytes: number) => void) {
    this.#onDropped = onDropped;
  }

  get bytes(): number {
    return this.#gate.inside;
  }

  /**
   * @param signal aborted when the client has gone
   * @returns the body, and what gives its room back once it is not needed any more
   * @throws EdgeError `feedback.sample-too-large`, `feedback.bad-sample`; the signal's reason
   */
  async read(
    request: IncomingMessage,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<{ readonly input: Uint8Array; readonly release: () => void }> {
    const announced = Number(request.headers['content-length'] ?? NaN);
    if (announced > maxBytes) throw tooLarge(announced, maxBytes);
    const room = Number.isFinite(announced) ? announced : maxBytes;
    const leave = await this.#gate.enter(room, signal);
    const release = (): void => {
      leave();
      // As many bytes again came in pieces.
      this.#onDropped(2 * room);
    };
    try {
      return { input: await collect(request, maxBytes, announced), release };
    } catch (thrown) {
      release();
      throw thrown;
    }
  }
}

async function collect(request: IncomingMessage, maxBytes: number, announced: number): Promise<Uint8Array> {
  const body = new GrowingBody(Number.isFinite(announced) ? announced : FIRST_BYTES);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (body.length + chunk.length > maxBytes) throw tooLarge(body.length + chunk.length, maxBytes);
      body.add(chunk);
    }
  } catch (thrown) {
    throw isEdgeError(thrown) ? thrown : cutShort(body.length, announced, thrown);
  }
  if (Number.isFinite(announced) && body.length < announced) throw cutShort(body.length, announced);
  return body.bytes();
}

const FIRST_BYTES = 262_144;

/** Memory of its own, so that a small sample does not hold on to a large pool. */
class GrowingBody {
  #data: Buffer;
  #length = 0;

  constructor(bytes: number) {
    this.#data = Buffer.allocUnsafeSlow(bytes);
  }

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    if (this.#length + chunk.length > this.#data.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#data.length, this.#length + chunk.length));
      this.#data.copy(larger, 0, 0, this.#length);
      this.#data = larger;
    }
    chunk.copy(this.#data, this.#length);
    this.#length += chunk.length;
  }

  bytes(): Uint8Array {
    return this.#data.subarray(0, this.#length);
  }
}

function cutShort(bytes: number, announced: number, cause?: unknown) {
  const of = Number.isFinite(announced) ? ` of ${announced}` : '';
  return uploaderErrors.error('feedback.bad-sample', `the body ended after ${bytes}${of} bytes`, { cause });
}

function tooLarge(bytes: number, maxBytes: number) {
  const message = `the sample has ${bytes} bytes or more, ${maxBytes} are allowed`;
  return uploaderErrors.error('feedback.sample-too-large', message, { facts: { bytes, maxBytes } });
}
