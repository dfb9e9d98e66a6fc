import type { Duplex } from 'node:stream';
import { encodeMessage, MessageReader } from '#packages/foundation';
import type { MessageLimits } from '#packages/foundation';

export interface FrameListener {
  /** `blob` is valid during the call only, unless it is copied. */
  frame(head: unknown, blob: Buffer): void;
  /** The other side is gone, or has broken the protocol: then `reason` says how. Called once. */
  closed(reason?: Error): void;
}

/** Messages between the agent and the process of a model, over their socket pair. */
export class FrameChannel {
  readonly #stream: Duplex;
  readonly #limits: MessageLimits;
  #listener: FrameListener | undefined;
  #closed = false;

  constructor(stream: Duplex, limits: MessageLimits) {
    this.#stream = stream;
    this.#limits = limits;
    // A process that dies resets its sockets: the process says why, not they.
    stream.on('error', () => this.#end());
    stream.on('close', () => this.#end());
    stream.on('end', () => this.#end());
  }

  listen(listener: FrameListener): void {
    this.#listener = listener;
    const reader = this.#reader(listener);
    this.#stream.on('data', (chunk: Buffer) => {
      if (this.#closed) return;
      try {
        reader.push(chunk);
      } catch (thrown) {
        this.#end(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    });
  }

  /** The blobs must not change before the other side has answered. */
  send(head: object, blobs: readonly Uint8Array[] = []): void {
    if (this.#closed) return;
    const parts = encodeMessage(head, blobs);
    if (parts.length > 1) this.#stream.cork();
    for (const part of parts) this.#stream.write(part);
    if (parts.length > 1) this.#stream.uncork();
  }

  close(): void {
    this.#closed = true;
    this.#stream.destroy();
  }

  #reader(listener: FrameListener): MessageReader {
    let head: unknown;
    let bytes = 0;
    let pieces: Buffer[] = [];
    return new MessageReader(this.#limits, {
      begin: (newHead, blobBytes) => {
        head = newHead;
        bytes = blobBytes;
        pieces = [];
      },
      piece: (piece) => void pieces.push(piece),
      end: () => {
        const [first = NOTHING] = pieces;
        const blob = first.length === bytes ? first : Buffer.concat(pieces);
        pieces = [];
        if (!this.#closed) listener.frame(head, blob);
      },
    });
  }

  #end(reason?: Error): void {
    if (this.#closed) return;
    this.close();
    this.#listener?.closed(reason);
  }
}

const NOTHING = Buffer.alloc(0);
