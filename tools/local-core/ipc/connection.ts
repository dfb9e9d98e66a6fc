import type { Socket } from 'node:net';

import { isEdgeError, messageOf } from '../../../components/common/errors/edge-error.ts';
import type { Logger } from '../../../components/common/log/logger.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { qualifiedOperation } from '../authorization/services.ts';
import { callOf } from './call.ts';
import { Fault, toFault } from './fault.ts';
import type { FaultBoard } from './faults.ts';
import { LITE_MAX_RECEIVED_FRAME_BYTES, LITE_MAX_SENT_FRAME_BYTES } from './lite.ts';
import type { IpcContext, Operation } from './operation.ts';
import { findOperation, UnknownOperation, UnreadableRequest } from './operation-table.ts';
import { readRequest } from './request.ts';
import { Stream } from './stream.ts';
import { FrameReader } from './wire/frame-reader.ts';
import { encodeFrame, messageFlag, messageType } from './wire/frame.ts';
import type { Frame, FrameToSend } from './wire/frame.ts';

export interface ConnectionOptions {
  readonly context: IpcContext;
  readonly authorizer: Authorizer;
  readonly faults: FaultBoard;
}

/** One client's connection: handshake, then requests, each on its own stream. */
export class Connection {
  readonly #socket: Socket;
  readonly #context: IpcContext;
  readonly #authorizer: Authorizer;
  readonly #faults: FaultBoard;
  readonly #reader: FrameReader;
  readonly #streams = new Map<number, Stream>();
  #log: Logger;
  #component: string | undefined;
  #lastStreamId = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#context = options.context;
    this.#authorizer = options.authorizer;
    this.#faults = options.faults;
    this.#log = options.context.log;
    this.#reader = new FrameReader(options.context.lite ? LITE_MAX_RECEIVED_FRAME_BYTES : undefined);
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
      if (frame.type === messageType.connect) this.#connect(frame);
      else this.#refuse('the first message has to be Connect');
      return;
    }
    if (frame.type === messageType.applicationMessage) this.#request(this.#component, frame);
    else if (this.#context.lite) this.#refuse(`nucleus lite takes requests only, not message type ${frame.type}`);
    else if (frame.type === messageType.ping) this.#answerPing(frame);
    else if (frame.type !== messageType.pingResponse) this.#refuseType(frame.type);
  }

  #connect(frame: Frame): void {
    const token = readToken(frame.payload);
    const component = token === undefined ? undefined : this.#context.nucleus.componentOfToken(token);
    const versionMatches = frame.headers[':version'] === '0.1.0';
    if (component === undefined || !versionMatches || this.#faults.refused(component)) {
      this.#log.warn({ component, version: frame.headers[':version'] }, 'ipc.connection-refused');
      if (!this.#context.lite) this.#send({ type: messageType.connectAck });
      this.#socket.end();
      return;
    }
    this.#component = component;
    this.#log = this.#log.child({ component });
    this.#send({ type: messageType.connectAck, flags: messageFlag.connectionAccepted });
  }

  #request(component: string, frame: Frame): void {
    const open = this.#streams.get(frame.streamId);
    if ((frame.flags & messageFlag.terminateStream) !== 0) return this.#closeStream(open);
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
    let definition: Operation | undefined;
    const stream = new Stream(frame.streamId, (event) => this.#sendEvent(component, definition, stream, event));
    this.#streams.set(stream.id, stream);
    const succeed = (response: object): void => this.#respond(component, definition as Operation, stream, response);
    const fail = (error: unknown): void => this.#faults.whenDue(component, () => this.#fail(name, stream, error));
    try {
      definition = findOperation(name, this.#context.lite);
      const request = readRequest(definition, frame.payload, this.#context.lite);
      const result = definition.handle(request, callOf(this.#context, this.#authorizer, component, definition, stream));
      if (result instanceof Promise) result.then(succeed, fail);
      else succeed(result);
    } catch (error) {
      fail(error);
    }
  }

  #respond(component: string, definition: Operation, stream: Stream, response: object): void {
    this.#faults.whenDue(component, () => {
      if (stream.closed) return;
      const ends = definition.events === undefined;
      this.#send({
        type: messageType.applicationMessage,
        // Lite never sets the flag.
        flags: ends && !this.#context.lite ? messageFlag.terminateStream : messageFlag.none,
        streamId: stream.id,
        headers: jsonHeaders(`${definition.name}Response`),
        payload: JSON.stringify(response),
      });
      if (ends) this.#closeStream(stream);
      else stream.open();
    });
  }

  #sendEvent(component: string, definition: Operation | undefined, stream: Stream, event: object | Uint8Array): void {
    if (definition?.events === undefined || this.#faults.stalled(component)) return;
    this.#send({
      type: messageType.applicationMessage,
      streamId: stream.id,
      headers: jsonHeaders(definition.events),
      payload: event instanceof Uint8Array ? event : JSON.stringify(event),
    });
  }

  #fail(name: string, stream: Stream, error: unknown): void {
    if (stream.closed) return;
    this.#closeStream(stream);
    const answer = { type: messageType.applicationError, flags: messageFlag.terminateStream, streamId: stream.id };
    if (this.#context.lite && (error instanceof UnknownOperation || error instanceof UnreadableRequest)) {
      error = new Fault('ServiceError', '');
    }
    if (error instanceof UnknownOperation) {
      const payload = JSON.stringify({
        error: 'Unsupported Operation',
        message: `${name} is an unsupported operation.`,
      });
      this.#send({ ...answer, headers: { ':content-type': 'application/json' }, payload });
    } else if (error instanceof UnreadableRequest) {
      this.#send({ ...answer, headers: { ':content-type': 'text/plain' }, payload: 'InternalServerError' });
    } else {
      const fault = toFault(error);
      this.#log.info({ operation: name, fault: fault.model, message: fault.message }, 'ipc.request-failed');
      this.#send({ ...answer, headers: jsonHeaders(fault.model), payload: JSON.stringify(fault.toPayload()) });
    }
  }

  #answerPing(frame: Frame): void {
    const headers = Object.fromEntries(Object.entries(frame.headers).filter(([name]) => !name.startsWith(':')));
    this.#send({ type: messageType.pingResponse, headers, payload: frame.payload });
  }

  #refuseType(type: number): void {
    const payload = JSON.stringify({
      error: 'Unrecognized Message Type',
      message: `message type value: ${type} is not recognized as a valid request path.`,
    });
    this.#send({ type: messageType.internalError, headers: { ':content-type': 'application/json' }, payload });
    this.#socket.end();
  }

  /** A client that breaks the protocol is told so and hung up on; lite only hangs up. */
  #refuse(reason: string): void {
    this.#log.warn({ reason }, 'ipc.protocol-error');
    if (!this.#context.lite) {
      const payload = JSON.stringify({ message: reason });
      this.#send({ type: messageType.protocolError, headers: { ':content-type': 'application/json' }, payload });
    }
    this.#socket.end();
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
    this.#safely(() => stream.close());
  }

  #closeStreams(): void {
    for (const stream of [...this.#streams.values()]) this.#closeStream(stream);
  }

  #safely(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#log.error({ error: messageOf(error) }, 'ipc.close-failed');
    }
  }
}

function jsonHeaders(model: string): Record<string, string> {
  return { ':content-type': 'application/json', 'service-model-type': qualifiedOperation(model) };
}

function readToken(payload: Uint8Array): string | undefined {
  try {
    const message: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    const token: unknown =
      typeof message === 'object' && message !== null && 'authToken' in message ? message.authToken : undefined;
    return typeof token === 'string' && token !== '' ? token : undefined;
  } catch {
    return undefined;
  }
}
