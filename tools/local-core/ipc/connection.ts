import type { Socket } from 'node:net';
import { isEdgeError, messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { encodeFrame, FRAME_FLAG, FRAME_TYPE, FrameReader, MAX_FRAME_BYTES, PROTOCOL_VERSION } from '#packages/ipc';
import type { Frame, FrameToSend } from '#packages/ipc';
import type { Authorizer } from '../authorization/authorizer.ts';
import {
  connectAck,
  failure,
  pingResponse,
  protocolError,
  response,
  streamEvent,
  unrecognizedType,
} from './answers.ts';
import { callOf, isCliClient } from './call.ts';
import type { FaultBoard } from './faults.ts';
import { LITE_MAX_RECEIVED_FRAME_BYTES, LITE_MAX_SENT_FRAME_BYTES } from './lite.ts';
import { findOperation } from './operation-table.ts';
import type { IpcContext, Operation } from './operation.ts';
import { readRequest, readToken } from './request.ts';
import { Stream } from './stream.ts';

export interface ConnectionOptions {
  readonly context: IpcContext;
  readonly authorizer: Authorizer;
  readonly faults: FaultBoard;
}

/** One client's connection: handshake, then requests, each on its own stream. */
export class Connection {
  readonly #socket: Socket;
  readonly #authorizer: Authorizer;
  readonly #faults: FaultBoard;
  readonly #reader: FrameReader;
  readonly #streams = new Map<number, Stream>();
  #context: IpcContext;
  #log: Logger;
  #component: string | undefined;
  #lastStreamId = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#context = options.context;
    this.#authorizer = options.authorizer;
    this.#faults = options.faults;
    this.#log = options.context.log;
    this.#reader = new FrameReader(options.context.lite ? LITE_MAX_RECEIVED_FRAME_BYTES : MAX_FRAME_BYTES);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#log.debug({ error: error.message }, 'ipc.socket-error'));
    socket.on('close', () => this.#closeStreams());
  }

  /** Component behind the connection; undefined before the handshake. */
  get component(): string | undefined {
    return this.#component;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** Cuts the connection without a word, as a crash of the nucleus would. */
  drop(): void {
    // aws-crt 1.33 crashes its process at times when it is reset before its handshake; such a client gets an orderly end.
    if (this.#component === undefined) this.#socket.end();
    else this.destroy();
  }

  /** Cuts the connection at once, whatever its state. */
  destroy(): void {
    this.#socket.destroy();
    this.#closeStreams();
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (this.#socket.destroyed || this.#socket.writableEnded) return;
        this.#handle(frame);
      }
    } catch (error) {
      if (!isEdgeError(error)) throw error;
      this.#refuse(error.message);
    }
  }

  #handle(frame: Frame): void {
    if (this.#component === undefined) {
      if (frame.type === FRAME_TYPE.connect) this.#connect(frame);
      else this.#refuse('the first message has to be Connect');
      return;
    }
    if (frame.type === FRAME_TYPE.applicationMessage) this.#request(this.#component, frame);
    else if (this.#context.lite) this.#refuse(`nucleus lite takes requests only, not message type ${frame.type}`);
    else if (frame.type === FRAME_TYPE.ping) this.#send(pingResponse(frame));
    else if (frame.type !== FRAME_TYPE.pingResponse) this.#end(unrecognizedType(frame.type));
  }

  #connect(frame: Frame): void {
    const token = readToken(frame.payload);
    const version = frame.headers[':version'];
    const component = token === undefined ? undefined : this.#context.nucleus.componentOfToken(token);
    if (component === undefined || version !== PROTOCOL_VERSION || this.#faults.refused(component)) {
      this.#log.warn({ component, version }, 'ipc.connection-refused');
      this.#end(this.#context.lite ? undefined : connectAck(false));
      return;
    }
    this.#component = component;
    this.#log = this.#log.child({ component });
    if (isCliClient(component)) this.#leaveLite();
    this.#send(connectAck(true));
  }

  /** The command line is the core's own: it sees more of it than a component on nucleus lite would. */
  #leaveLite(): void {
    this.#context = { ...this.#context, lite: false };
    this.#reader.maxFrameBytes = MAX_FRAME_BYTES;
  }

  #request(component: string, frame: Frame): void {
    const open = this.#streams.get(frame.streamId);
    if ((frame.flags & FRAME_FLAG.terminateStream) !== 0) return this.#closeStream(open);
    // Subscriptions take no further input; the nucleus ignores it.
    if (open) return;
    const name = frame.headers['operation'];
    if (name === undefined || frame.streamId <= this.#lastStreamId) {
      return this.#refuse(`message on stream ${frame.streamId}, which is not open, names no new operation`);
    }
    this.#lastStreamId = frame.streamId;
    this.#start(component, name, frame);
  }

  /** Runs the operation's synchronous part at once, so that requests take effect in the order in which they came. */
  #start(component: string, name: string, frame: Frame): void {
    const stream = new Stream(frame.streamId, (event) => this.#sendEvent(component, name, stream, event));
    this.#streams.set(stream.id, stream);
    const fail = (error: unknown): void => this.#faults.whenDue(component, () => this.#fail(name, stream, error));
    try {
      const operation = findOperation(name, this.#context.lite);
      const request = readRequest(operation, frame.payload, this.#context.lite);
      const result = operation.handle(request, callOf(this.#context, this.#authorizer, component, operation, stream));
      const succeed = (payload: object): void =>
        this.#faults.whenDue(component, () => this.#respond(operation, stream, payload));
      if (result instanceof Promise) result.then(succeed, fail);
      else succeed(result);
    } catch (error) {
      fail(error);
    }
  }

  #respond(operation: Operation, stream: Stream, payload: object): void {
    if (stream.closed) return;
    this.#send(response(operation, stream.id, payload, this.#context.lite));
    if (operation.events === undefined) this.#closeStream(stream);
    else stream.open();
  }

  #sendEvent(component: string, name: string, stream: Stream, event: object | Uint8Array): void {
    const { events } = findOperation(name, this.#context.lite);
    if (events !== undefined && !this.#faults.stalled(component)) this.#send(streamEvent(events, stream.id, event));
  }

  #fail(name: string, stream: Stream, error: unknown): void {
    if (stream.closed) return;
    this.#closeStream(stream);
    const { frame, model, message } = failure(name, stream.id, error, this.#context.lite);
    this.#log.info({ operation: name, fault: model, message }, 'ipc.request-failed');
    this.#send(frame);
  }

  /** A client that breaks the protocol is told so and hung up on; lite only hangs up. */
  #refuse(reason: string): void {
    this.#log.warn({ reason }, 'ipc.protocol-error');
    this.#end(this.#context.lite ? undefined : protocolError(reason));
  }

  /** Sends a last message, if there is one, and hangs up whatever the client does. */
  #end(lastWord: FrameToSend | undefined): void {
    if (lastWord) this.#send(lastWord);
    this.#socket.destroySoon();
  }

  #send(frame: FrameToSend): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    const bytes = encodeFrame(frame);
    if (this.#context.lite && bytes.byteLength > LITE_MAX_SENT_FRAME_BYTES) {
      this.#log.debug({ bytes: bytes.byteLength, streamId: frame.streamId }, 'ipc.lite-frame-dropped');
      return;
    }
    this.#socket.write(bytes);
  }

  #closeStream(stream: Stream | undefined): void {
    if (!stream) return;
    this.#streams.delete(stream.id);
    try {
      stream.close();
    } catch (error) {
      this.#log.error({ error: messageOf(error) }, 'ipc.close-failed');
    }
  }

  #closeStreams(): void {
    for (const stream of [...this.#streams.values()]) this.#closeStream(stream);
  }
}
