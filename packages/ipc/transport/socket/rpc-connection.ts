import type { Socket } from 'node:net';
import { messageOf } from '#packages/foundation';
import { NucleusFault } from '../nucleus-transport.ts';
import type {
  CallOperation,
  NucleusConnection,
  NucleusStream,
  StreamEvents,
  StreamOperation,
} from '../nucleus-transport.ts';
import { ipcErrors } from '../../errors.ts';
import { encodeFrame, FRAME_FLAG, FRAME_TYPE, MAX_FRAME_BYTES } from '../../event-stream/frame.ts';
import type { Frame, FrameToSend } from '../../event-stream/frame.ts';
import { decodeAnswer, encodeRequest } from './wire-form.ts';

/** A nucleus that leaves more than this unread counts as gone: two of the largest frames. */
const MAX_UNSENT_BYTES = 2 * MAX_FRAME_BYTES;

/** Requests and subscriptions over one socket: each has its own stream id, counted up by the client. */
export class RpcConnection implements NucleusConnection {
  readonly #socket: Socket;
  readonly #onClosed: (reason: string) => void;
  readonly #streams = new Map<number, OpenStream>();
  #lastStreamId = 0;
  #opened = false;
  #ended = false;

  constructor(socket: Socket, onClosed: (reason: string) => void) {
    this.#socket = socket;
    this.#onClosed = onClosed;
  }

  /** The handshake is done: from now on a loss is told. @throws NucleusFault `dropped` if the connection is lost already */
  opened(): void {
    if (this.#ended) throw new NucleusFault('dropped', 'the nucleus hung up right after the handshake');
    this.#opened = true;
  }

  async call(operation: CallOperation, request: object): Promise<unknown> {
    return this.#request(operation, request).answer;
  }

  async stream(operation: StreamOperation, request: object, events: StreamEvents): Promise<NucleusStream> {
    const { id, answer } = this.#request(operation, request, events);
    await answer;
    return {
      close: async () => {
        if (this.#streams.delete(id)) this.#send({ streamId: id, flags: FRAME_FLAG.terminateStream });
      },
    };
  }

  receive(frame: Frame): void {
    if (frame.type === FRAME_TYPE.ping) return this.#send({ type: FRAME_TYPE.pingResponse, payload: frame.payload });
    const stream = this.#streams.get(frame.streamId);
    if (!stream) return;
    const isMessage = frame.type === FRAME_TYPE.applicationMessage;
    const ends = !isMessage || !stream.events || (frame.flags & FRAME_FLAG.terminateStream) !== 0;
    if (ends) this.#streams.delete(frame.streamId);
    if (!stream.answered) return answer(stream, frame);
    if (isMessage && frame.payload.length > 0) stream.events?.onEvent(decodeAnswer(frame.payload));
    if (ends) stream.events?.onEnded();
  }

  lost(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failAll(reason);
    if (this.#opened) this.#onClosed(reason);
  }

  async close(): Promise<void> {
    if (!this.#ended) this.#failAll('closed by the component');
    this.#ended = true;
    if (!this.#socket.destroyed) this.#socket.destroy();
  }

  #request(operation: string, request: object, events?: StreamEvents): { id: number; answer: Promise<unknown> } {
    if (this.#ended) throw new NucleusFault('lost', 'the connection to the nucleus is closed');
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.#socket.destroy(new Error(`the nucleus leaves more than ${MAX_UNSENT_BYTES} bytes unread`));
      throw new NucleusFault('lost', 'the nucleus does not read what it is sent');
    }
    const id = this.#lastStreamId + 1;
    const headers = { operation: `aws.greengrass#${operation}`, ':content-type': 'application/json' };
    const bytes = encodeFrame({ streamId: id, headers, payload: encodeRequest(request) });
    if (bytes.byteLength > MAX_FRAME_BYTES) throw tooLarge(operation, bytes.byteLength);
    this.#lastStreamId = id;
    const answer = new Promise<unknown>((resolve, reject) =>
      this.#streams.set(id, { resolve, reject, answered: false, ...(events ? { events } : {}) }),
    );
    if (this.#socket.writable) this.#socket.write(bytes);
    return { id, answer };
  }

  #send(frame: FrameToSend): void {
    if (this.#socket.writable) this.#socket.write(encodeFrame(frame));
  }

  #failAll(reason: string): void {
    const fault = new NucleusFault('lost', `connection to the nucleus lost: ${reason}`);
    for (const stream of this.#streams.values()) if (!stream.answered) stream.reject(fault);
    this.#streams.clear();
  }
}

interface OpenStream {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: NucleusFault) => void;
  readonly events?: StreamEvents;
  answered: boolean;
}

/** The first frame of a stream says whether the request was taken. */
function answer(stream: OpenStream, frame: Frame): void {
  stream.answered = true;
  if (frame.type !== FRAME_TYPE.applicationMessage) return stream.reject(serviceFault(frame));
  try {
    stream.resolve(decodeAnswer(frame.payload));
  } catch (cause) {
    stream.reject(new NucleusFault('lost', `the answer is not JSON: ${messageOf(cause)}`, { cause }));
    throw cause;
  }
}

function tooLarge(operation: string, bytes: number): Error {
  const message = `${operation} makes a frame of ${bytes} bytes, ${MAX_FRAME_BYTES} are allowed`;
  return ipcErrors.error('ipc.frame-too-large', message, { facts: { bytes, maxFrameBytes: MAX_FRAME_BYTES } });
}

/** A modeled error names itself in `_errorCode`, or in the header of its shape; others are text. */
function serviceFault({ headers, payload }: Frame): NucleusFault {
  const text = Buffer.from(payload).toString('utf8');
  const shape = /#(\w+)$/.exec(headers['service-model-type'] ?? '')?.[1];
  try {
    const body = JSON.parse(text) as { _errorCode?: string; _message?: string; message?: string };
    const errorCode = body._errorCode ?? shape ?? 'UnmodeledError';
    return new NucleusFault('service', body._message ?? body.message ?? errorCode, { errorCode });
  } catch {
    return new NucleusFault('service', text, { errorCode: shape ?? 'UnmodeledError' });
  }
}
