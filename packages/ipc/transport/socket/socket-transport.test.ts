import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultKind, NucleusFault } from '../nucleus-transport.ts';
import { transportFor } from '../transport-for.ts';
import { encodeFrame, FRAME_FLAG, FRAME_TYPE } from '../../event-stream/frame.ts';
import type { Frame, FrameToSend } from '../../event-stream/frame.ts';
import { FrameReader } from '../../event-stream/frame-reader.ts';
import { socketTransport } from './socket-transport.ts';
import { decodeAnswer, encodeRequest } from './wire-form.ts';

describe('wire form', () => {
  it('writes blobs in base64 and times in seconds, and leaves what is published alone', () => {
    const json = (request: object): unknown => JSON.parse(encodeRequest(request).toString());
    expect(json({ topicName: 't', payload: 'ü' })).toEqual({ topicName: 't', payload: 'w7w=' });
    expect(json({ publishMessage: { binaryMessage: { message: new Uint8Array([1, 2]) } } })).toEqual({
      publishMessage: { binaryMessage: { message: 'AQI=' } },
    });
    expect(json({ timestamp: new Date(1_700_000_000_123) })).toEqual({ timestamp: 1_700_000_000.123 });
    const own = { publishMessage: { jsonMessage: { message: { payload: 'text' } } } };
    expect(json(own)).toEqual(own);
    expect(json({ valueToMerge: { payload: 'text' } })).toEqual({ valueToMerge: { payload: 'text' } });
  });

  it('reads blobs of topics and of IoT Core', () => {
    const read = (answer: object): unknown => decodeAnswer(Buffer.from(JSON.stringify(answer)));
    expect(read({ binaryMessage: { message: 'AQI=', context: { topic: 't' } } })).toEqual({
      binaryMessage: { message: Buffer.from([1, 2]), context: { topic: 't' } },
    });
    expect(read({ message: { topicName: 't', payload: 'AQI=' } })).toEqual({
      message: { topicName: 't', payload: Buffer.from([1, 2]) },
    });
    expect(decodeAnswer(new Uint8Array())).toEqual({});
  });
});

describe('socketTransport', () => {
  let folder: string;
  let server: Server;
  let socketPath: string;
  const never = new AbortController().signal;
  const open = (onClosed: (reason: string) => void = () => undefined, signal = never) =>
    socketTransport({ socketPath, token: 'secret' }).open(onClosed, signal);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-ipc-'));
    socketPath = path.join(folder, 'ipc.socket');
  });

  afterEach(async () => {
    server?.close();
    await rm(folder, { recursive: true });
  });

  it('says hello as the official client does, and answers pings', async () => {
    const seen: Frame[] = [];
    const pong = serve((frame, socket) => {
      seen.push(frame);
      if (frame.type !== FRAME_TYPE.connect) return true;
      socket.write(encodeFrame({ type: FRAME_TYPE.connectAck, flags: FRAME_FLAG.connectionAccepted }));
      socket.write(encodeFrame({ type: FRAME_TYPE.ping, payload: Buffer.from('are you there') }));
      return false;
    });
    const connection = await open();
    await pong;

    expect(seen[0]).toMatchObject({ type: FRAME_TYPE.connect, headers: { ':version': '0.1.0' } });
    expect(Buffer.from(seen[0]?.payload ?? []).toString()).toBe('{"authToken":"secret"}');
    expect(seen[1]).toMatchObject({ type: FRAME_TYPE.pingResponse });
    expect(Buffer.from(seen[1]?.payload ?? []).toString()).toBe('are you there');
    await connection.close();
  });

  it.each<[FaultKind, FrameToSend | undefined]>([
    ['refused', { type: FRAME_TYPE.connectAck }],
    ['dropped', undefined],
  ])('tells that it was %s', async (kind, answer) => {
    void serve((_, socket) => {
      if (answer) socket.end(encodeFrame(answer));
      else socket.end();
      return false;
    });
    await expect(open()).rejects.toMatchObject({ kind } satisfies Partial<NucleusFault>);
  });

  it('tells that nobody listens', async () => {
    await expect(open()).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('stops connecting when asked to', async () => {
    void serve(() => false);
    const abort = new AbortController();
    const opening = open(() => undefined, abort.signal);
    abort.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });

  it('takes bytes that make no sense for a lost connection, and fails what waits', async () => {
    void serve((frame, socket) => {
      if (frame.type === FRAME_TYPE.connect)
        socket.write(encodeFrame({ type: FRAME_TYPE.connectAck, flags: FRAME_FLAG.connectionAccepted }));
      else socket.write(Buffer.alloc(64, 0xff));
      return false;
    });
    let reason = '';
    const connection = await open((why) => (reason = why));
    await expect(connection.call('UpdateState', { state: 'RUNNING' })).rejects.toMatchObject({ kind: 'lost' });
    expect(reason).toMatch(/prelude checksum/);
    await expect(async () => connection.call('UpdateState', {})).rejects.toMatchObject({ kind: 'lost' });
  });

  it('is what 32-bit ARM uses, and nothing else', async () => {
    void serve((_, socket) => {
      socket.end(encodeFrame({ type: FRAME_TYPE.connectAck }));
      return false;
    });
    const onArm = transportFor({ socketPath, token: 'secret' }, 'arm');
    await expect(onArm.open(() => undefined, never)).rejects.toThrow('the nucleus refused the token');
  });

  /** Calls back with each frame; resolves when the callback returns true. */
  function serve(onFrame: (frame: Frame, socket: Socket) => boolean): Promise<void> {
    return new Promise((resolve) => {
      server = createServer((socket) => {
        const reader = new FrameReader();
        socket.on('error', () => undefined);
        socket.on('data', (chunk: Buffer) => {
          for (const frame of reader.push(chunk)) if (onFrame(frame, socket)) resolve();
        });
      }).listen(socketPath);
      void once(server, 'close');
    });
  }
});
