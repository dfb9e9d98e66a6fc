import { FRAME_FLAG, FRAME_TYPE } from '#packages/ipc';
import type { Frame, FrameToSend } from '#packages/ipc';
import { qualifiedOperation } from '../../recipe/access-control/services.ts';
import { Fault, toFault } from './fault.ts';
import type { FaultModel } from './fault.ts';
import { UnknownOperation, UnreadableRequest } from './operation-table.ts';
import type { Operation } from './operation.ts';

const JSON_TYPE = { ':content-type': 'application/json' };

export function connectAck(accepted: boolean): FrameToSend {
  return { type: FRAME_TYPE.connectAck, flags: accepted ? FRAME_FLAG.connectionAccepted : FRAME_FLAG.none };
}

/** Ends the stream, unless events are to follow. Lite never sets the flag. */
export function response(operation: Operation, streamId: number, payload: object, lite: boolean): FrameToSend {
  const ends = operation.events === undefined && !lite;
  return {
    type: FRAME_TYPE.applicationMessage,
    flags: ends ? FRAME_FLAG.terminateStream : FRAME_FLAG.none,
    streamId,
    headers: modelHeaders(`${operation.name}Response`),
    payload: JSON.stringify(payload),
  };
}

export function streamEvent(model: string, streamId: number, event: object | Uint8Array): FrameToSend {
  return {
    type: FRAME_TYPE.applicationMessage,
    streamId,
    headers: modelHeaders(model),
    payload: event instanceof Uint8Array ? event : JSON.stringify(event),
  };
}

export interface Failure {
  readonly frame: FrameToSend;
  /** For the log; undefined for what has no model. */
  readonly model?: FaultModel;
  readonly message: string;
}

/** Everything that can go wrong with a request, in the form that the nucleus gives it. */
export function failure(operationName: string, streamId: number, error: unknown, lite: boolean): Failure {
  const frame = { type: FRAME_TYPE.applicationError, flags: FRAME_FLAG.terminateStream, streamId };
  if (error instanceof UnknownOperation && !lite) {
    const message = `${operationName} is an unsupported operation.`;
    const payload = JSON.stringify({ error: 'Unsupported Operation', message });
    return { frame: { ...frame, headers: JSON_TYPE, payload }, message };
  }
  if (error instanceof UnreadableRequest && !lite) {
    const payload = 'InternalServerError';
    return { frame: { ...frame, headers: { ':content-type': 'text/plain' }, payload }, message: error.message };
  }
  const unmodeled = error instanceof UnknownOperation || error instanceof UnreadableRequest;
  const fault = unmodeled ? new Fault('ServiceError', '') : toFault(error);
  const payload = JSON.stringify(fault.toPayload());
  return {
    frame: { ...frame, headers: modelHeaders(fault.model), payload },
    model: fault.model,
    message: fault.message,
  };
}

/** Gives back the payload and the sender's own headers. */
export function pingResponse(ping: Frame): FrameToSend {
  const headers = Object.fromEntries(Object.entries(ping.headers).filter(([name]) => !name.startsWith(':')));
  return { type: FRAME_TYPE.pingResponse, headers, payload: ping.payload };
}

export function unrecognizedType(type: number): FrameToSend {
  const message = `message type value: ${type} is not recognized as a valid request path.`;
  const payload = JSON.stringify({ error: 'Unrecognized Message Type', message });
  return { type: FRAME_TYPE.internalError, headers: JSON_TYPE, payload };
}

export function protocolError(reason: string): FrameToSend {
  return { type: FRAME_TYPE.protocolError, headers: JSON_TYPE, payload: JSON.stringify({ message: reason }) };
}

function modelHeaders(model: string): Record<string, string> {
  return { ...JSON_TYPE, 'service-model-type': qualifiedOperation(model) };
}
