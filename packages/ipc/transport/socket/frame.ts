import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { MessageHeaders } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';

/** Message types of event-stream RPC (aws-c-event-stream, `event_stream_rpc.h`) that a client meets. */
export const FRAME_TYPE = { message: 0, error: 1, ping: 2, pingResponse: 3, connect: 4, connectAck: 5 } as const;
export const FRAME_FLAG = { none: 0, accepted: 1, terminateStream: 2 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

export function encodeFrame(frame: Partial<Frame>): Uint8Array {
  const headers: MessageHeaders = {
    ':message-type': { type: 'integer', value: frame.type ?? FRAME_TYPE.message },
    ':message-flags': { type: 'integer', value: frame.flags ?? FRAME_FLAG.none },
    ':stream-id': { type: 'integer', value: frame.streamId ?? 0 },
  };
  for (const [name, value] of Object.entries(frame.headers ?? {})) headers[name] = { type: 'string', value };
  return codec.encode({ headers, body: frame.payload ?? new Uint8Array() });
}

/** Throws on a wrong checksum and on a frame without the common headers. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const { headers, body } = codec.decode(bytes);
  const number = (name: string): number => {
    const header = headers[name];
    if (header?.type !== 'integer') throw new Error(`a frame of the nucleus lacks the header ${name}`);
    return header.value;
  };
  const texts = Object.entries(headers).flatMap(([name, { type, value }]) =>
    type === 'string' ? [[name, value]] : [],
  );
  return {
    type: number(':message-type'),
    flags: number(':message-flags'),
    streamId: number(':stream-id'),
    headers: Object.fromEntries(texts) as Record<string, string>,
    payload: body,
  };
}

const codec = new EventStreamCodec(toUtf8, fromUtf8);
