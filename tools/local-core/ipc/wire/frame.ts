import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { MessageHeaders } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';

/** Message types and flags of event-stream RPC (aws-c-event-stream, `event_stream_rpc.h`). */
export const messageType = {
  applicationMessage: 0,
  applicationError: 1,
  ping: 2,
  pingResponse: 3,
  connect: 4,
  connectAck: 5,
  protocolError: 6,
  internalError: 7,
} as const;

export const messageFlag = { none: 0, connectionAccepted: 1, terminateStream: 2 } as const;

/** Upper bound of one frame, both directions (aws-c-event-stream, `event_stream.h`). */
export const MAX_FRAME_BYTES = 24 * 1024 * 1024;
/** Upper bound of a frame's headers, same source. */
export const MAX_HEADERS_BYTES = 128 * 1024;
/** Total length, headers length and prelude checksum, four bytes each. */
export const PRELUDE_BYTES = 12;
/** Prelude and message checksum around empty headers and payload. */
export const MIN_FRAME_BYTES = 16;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  /** 0 is the connection itself; requests count up from 1. */
  readonly streamId: number;
  /** String headers without the three common ones. Other header types are left out: nothing of the protocol uses them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

export interface FrameToSend {
  readonly type: number;
  readonly flags?: number;
  readonly streamId?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: Uint8Array | string;
}

/** Wire form: u32 total length, u32 headers length, u32 prelude CRC, headers, payload, u32 message CRC, big endian. */
export function encodeFrame(frame: FrameToSend): Uint8Array {
  const headers: MessageHeaders = {
    ':message-type': { type: 'integer', value: frame.type },
    ':message-flags': { type: 'integer', value: frame.flags ?? messageFlag.none },
    ':stream-id': { type: 'integer', value: frame.streamId ?? 0 },
  };
  for (const [name, value] of Object.entries(frame.headers ?? {})) headers[name] = { type: 'string', value };
  const payload = frame.payload ?? '';
  return codec.encode({ headers, body: typeof payload === 'string' ? Buffer.from(payload) : payload });
}

/** Decodes one whole frame. Throws where a checksum, a header or a common header is wrong. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const { headers, body } = codec.decode(bytes);
  const strings: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value.type === 'string') strings[name] = value.value;
  }
  return {
    type: commonHeader(headers, ':message-type'),
    flags: commonHeader(headers, ':message-flags'),
    streamId: commonHeader(headers, ':stream-id'),
    headers: strings,
    payload: body,
  };
}

const codec = new EventStreamCodec(toUtf8, fromUtf8);

function commonHeader(headers: MessageHeaders, name: string): number {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value?.type !== 'integer') throw new Error(`frame lacks the int32 header "${name}"`);
  return value.value;
}
