import { once } from 'node:events';
import { connect } from 'node:net';

import { encodeFrame, FRAME_TYPE, FrameReader } from '#packages/ipc';
import type { Frame, FrameToSend } from '#packages/ipc';
import { Inbox } from './inbox.ts';

/** Speaks frames to the server, right or wrong, for tests of the protocol itself. */
export interface RawClient {
  send(frame: FrameToSend): void;
  sendBytes(bytes: Uint8Array): void;
  /** The n-th frame from the server, counting from 1. */
  frame(count: number): Promise<Frame>;
  readonly frames: readonly Frame[];
  /** Resolves when the server has hung up. */
  readonly closed: Promise<void>;
  close(): void;
}

export async function rawClient(socketPath: string): Promise<RawClient> {
  const socket = connect(socketPath);
  const reader = new FrameReader();
  const inbox = new Inbox<Frame>();
  socket.on('data', (chunk) => {
    for (const frame of reader.push(chunk)) inbox.push(frame);
  });
  // A reset is a way of hanging up too.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  return {
    send: (frame) => void socket.write(encodeFrame(frame)),
    sendBytes: (bytes) => void socket.write(bytes),
    frame: async (count) => (await inbox.take(count))[count - 1] as Frame,
    frames: inbox.events,
    closed,
    close: () => void socket.destroy(),
  };
}

export function connectFrame(authToken: string, version = '0.1.0'): FrameToSend {
  return { type: FRAME_TYPE.connect, headers: { ':version': version }, payload: JSON.stringify({ authToken }) };
}

/** Connected as that token's component. */
export async function connectedRawClient(socketPath: string, authToken: string): Promise<RawClient> {
  const client = await rawClient(socketPath);
  client.send(connectFrame(authToken));
  await client.frame(1);
  return client;
}

export function requestFrame(streamId: number, operation: string, request: object | string = {}): FrameToSend {
  const payload = typeof request === 'string' ? request : JSON.stringify(request);
  return { type: FRAME_TYPE.applicationMessage, streamId, headers: { operation }, payload };
}

export function payloadOf(frame: Frame): unknown {
  return JSON.parse(Buffer.from(frame.payload).toString());
}
