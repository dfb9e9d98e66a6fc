import type { Socket } from 'node:net';
import { encodeMessage, MessageReader, wireErrorOf } from '#packages/foundation';
import { httpErrors, MAX_MESSAGE_HEAD_BYTES, MAX_MESSAGES_IN_FLIGHT, retryAfterSeconds } from '#packages/http';
import type { MessageAnswer } from '#packages/http';
import { GrowingBody } from '../buffers/growing-body.ts';
import { agentErrors } from '../errors.ts';
import type { FrameMemory } from '../frames/frame-memory.ts';
import { bodyTooLarge } from '../http/body.ts';
import type { ImageDoor, InvokeCall, InvokeOutcome, InvokeService } from '../invoke/invoke-service.ts';
import type { Picture } from '../picture/picture.ts';
import { badRequest, messageId, readInvocation } from './read-invocation.ts';
import type { Head, Invocation } from './read-invocation.ts';

export interface MessagePorts {
  readonly invoker: InvokeService;
  readonly frames: FrameMemory;
}

/** A request whose picture is on its way. */
interface Arriving {
  readonly id: number;
  readonly call: InvokeCall;
  readonly invocation: Invocation;
  readonly body: GrowingBody;
}

/** Messages on one connection: requests in, their answers out in any order. */
export class MessageConnection {
  readonly #socket: Socket;
  readonly #ports: MessagePorts;
  readonly #door: ImageDoor;
  readonly #calls = new Map<number, InvokeCall>();
  readonly #reader: MessageReader;
  /** Undefined while a blob is dropped that nobody takes. */
  #arriving: Arriving | undefined;
  #isClosing = false;

  constructor(socket: Socket, ports: MessagePorts, door: ImageDoor) {
    this.#socket = socket;
    this.#ports = ports;
    this.#door = door;
    this.#reader = new MessageReader(LIMITS, {
      begin: (head, blobBytes) => this.#begin(head, blobBytes),
      piece: (bytes) => this.#take(bytes),
      end: () => this.#complete(),
    });
    socket.once('close', () => this.#hungUp());
    socket.on('drain', () => socket.resume());
  }

  /** Bytes that the client sent. */
  push(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    try {
      this.#reader.push(bytes);
    } catch (thrown) {
      // After it nothing can be read, so nothing that is open can be told by its id any more.
      this.end(agentErrors.error('http.messages-broken', `no message can be read: ${wireErrorOf(thrown).message}`));
    }
  }

  /** Whether a request is on its way and not complete. */
  get isArriving(): boolean {
    return this.#reader.isAmid;
  }

  get isIdle(): boolean {
    return this.#calls.size === 0 && !this.isArriving;
  }

  /** Takes no new requests: the client is told, and the connection ends with the last answer. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#send({ closing: true });
    this.#endIfDone();
  }

  /** Ends it at once, and says why. */
  end(reason: Error): void {
    this.#send({ closing: true, error: wireErrorOf(reason) });
    this.#socket.destroySoon();
  }

  #begin(value: unknown, blobBytes: number): void {
    const head = (typeof value === 'object' && value !== null ? value : {}) as Head;
    const id = messageId(head);
    if (id === undefined) throw new Error('a message needs an "id", a whole number above 0');
    if (head['cancel'] === true) return this.#calls.get(id)?.cancel();
    if (this.#calls.has(id)) throw new Error(`the request ${id} is open, and another came with its id`);
    try {
      this.#ask(id, head, blobBytes);
    } catch (thrown) {
      this.#refuse(id, thrown);
    }
  }

  #ask(id: number, head: Head, blobBytes: number): void {
    const { invoker, frames } = this.#ports;
    if (this.#calls.size >= MAX_MESSAGES_IN_FLIGHT) {
      const message = `${MAX_MESSAGES_IN_FLIGHT} requests are open on this connection, as many as may be at once`;
      const facts = { maxConnections: MAX_MESSAGES_IN_FLIGHT };
      throw httpErrors.error('http.too-many-requests', message, { facts });
    }
    const invocation = readInvocation(head);
    const { service, named, deadlineMs } = invocation;
    const maxBytes = invoker.maxImageBytes;
    if (named && blobBytes > 0) throw badRequest('a message that names its picture does not carry one');
    if (blobBytes > maxBytes) throw bodyTooLarge(blobBytes, maxBytes);
    // A frame is named by who holds it: whether it is still there is known before anything waits.
    const frame = named && 'ring' in named ? frames.rings.find(named) : undefined;
    const call = invoker.begin(service, { announcedBytes: blobBytes, ...(deadlineMs ? { deadlineMs } : {}) });
    this.#calls.set(id, call);
    if (named) {
      this.#run(id, call, invocation, frame ?? this.#open(call, named as { readonly path: string }));
      return;
    }
    this.#arriving = { id, call, invocation, body: new GrowingBody(invoker.buffers, blobBytes) };
    call.onEnded((reason) => {
      if (this.#arriving?.call === call) this.#drop(this.#arriving, reason);
    });
  }

  #open(call: InvokeCall, { path }: { readonly path: string }): Picture {
    try {
      return this.#ports.invoker.openImage(path, this.#door);
    } catch (thrown) {
      call.unread(thrown);
      throw thrown;
    }
  }

  #take(bytes: Buffer): void {
    const { call } = this.#arriving ?? {};
    call?.arrived(bytes.length);
    // It may have ended with that.
    this.#arriving?.body.add(bytes);
  }

  #complete(): void {
    const arrived = this.#arriving;
    if (!arrived) return;
    this.#arriving = undefined;
    this.#run(arrived.id, arrived.call, arrived.invocation, arrived.body.bytes);
  }

  /** The rest of its blob is read and dropped. */
  #drop({ id, call, body }: Arriving, reason: unknown): void {
    this.#arriving = undefined;
    body.giveBack();
    call.unread(reason);
    this.#refuse(id, reason);
  }

  #run(id: number, call: InvokeCall, { requestId, placement, contentType }: Invocation, picture: Picture): void {
    call.runWhole(requestId, picture, contentType).then(
      (outcome) => this.#answer({ id, result: placement ? placed(outcome) : outcome.result }),
      (thrown: unknown) => this.#refuse(id, thrown),
    );
  }

  #refuse(id: number, thrown: unknown): void {
    const error = wireErrorOf(thrown);
    const retryAfter = retryAfterSeconds(error);
    this.#answer({ id, error, ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }) });
  }

  #answer(answer: Extract<MessageAnswer, { id: number }>): void {
    this.#calls.delete(answer.id);
    this.#send(answer);
    this.#endIfDone();
  }

  #send(message: MessageAnswer): void {
    const { destroyed, writable } = this.#socket;
    if (destroyed || !writable) return;
    // Nothing more is asked until the client takes its answers.
    for (const part of encodeMessage(message)) if (!this.#socket.write(part)) this.#socket.pause();
  }

  #endIfDone(): void {
    if (this.#isClosing && this.isIdle) this.#socket.destroySoon();
  }

  #hungUp(): void {
    for (const call of this.#calls.values()) call.cancel();
    this.#calls.clear();
  }
}

/** A setting, the largest image, bounds the blobs of clients; these are the limits of the format. */
const LIMITS = { headBytes: MAX_MESSAGE_HEAD_BYTES, blobBytes: 2 ** 32 - 1 };

function placed({ result, placement }: InvokeOutcome): InvokeOutcome['result'] {
  return placement ? { ...result, placement } : result;
}
