import { crc32 } from 'node:zlib';
import { sizeOfHeaders, writeHeaders } from './headers.ts';
import type { Header } from './headers.ts';

/** Message types and flags of event-stream RPC (aws-c-event-stream, `event_stream_rpc.h`). */
export const FRAME_TYPE = {
  applicationMessage: 0,
  applicationError: 1,
  ping: 2,
  pingResponse: 3,
  connect: 4,
  connectAck: 5,
  protocolError: 6,
  internalError: 7,
} as const;

export const FRAME_FLAG = { none: 0, connectionAccepted: 1, terminateStream: 2 } as const;

/** Of event-stream RPC, in the header `:version` of a Connect. */
export const PROTOCOL_VERSION = '0.1.0';

/** Upper bound of one frame, both directions (aws-c-event-stream, `event_stream.h`). */
export const MAX_FRAME_BYTES = 24 * 1024 * 1024;
/** Upper bound of a frame's headers, same source. */
export const MAX_HEADERS_BYTES = 128 * 1024;
/** Total length, headers length and prelude checksum, four bytes each. */
export const PRELUDE_BYTES = 12;
/** Of the whole frame, at its end. */
export const CHECKSUM_BYTES = 4;

/** These three are int32 headers of every frame. */
export const COMMON_HEADERS = { type: ':message-type', flags: ':message-flags', streamId: ':stream-id' } as const;

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
  /** Default: an application message. */
  readonly type?: number;
  readonly flags?: number;
  readonly streamId?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: Uint8Array | string;
}

/**
 * Wire form: u32 total length, u32 headers length, u32 prelude CRC, headers, payload, u32 message CRC, big endian.
 * Source: Smithy specification, "Amazon Event Stream"; aws-c-event-stream, `event_stream.c`.
 *
 * @throws RangeError if a header is longer than the format allows
 */
export function encodeFrame(frame: FrameToSend): Uint8Array {
  const headers: readonly Header[] = [
    [COMMON_HEADERS.type, frame.type ?? FRAME_TYPE.applicationMessage],
    [COMMON_HEADERS.flags, frame.flags ?? FRAME_FLAG.none],
    [COMMON_HEADERS.streamId, frame.streamId ?? 0],
    ...Object.entries(frame.headers ?? {}),
  ];
  const payloadAt = PRELUDE_BYTES + sizeOfHeaders(headers);
  const { payload = '' } = frame;
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const bytes = Buffer.allocUnsafe(payloadAt + body.length + CHECKSUM_BYTES);
  const end = bytes.length - CHECKSUM_BYTES;
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(payloadAt - PRELUDE_BYTES, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  writeHeaders(headers, bytes, PRELUDE_BYTES);
  bytes.set(body, payloadAt);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end);
  return bytes;
}
