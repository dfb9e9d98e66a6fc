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
  const sockets: Socket[] = [];
  let socketPath: string;
  const never = new AbortController().signal;
  const open = (onClosed: (reason: string) => void = () => undefined, signal = never) =>
    socketTransport({ socketPath, token: 'secret' }).open(onClosed, signal);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-ipc-'));
    socketPath = path.join(folder, 'ipc.socket');
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
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

  it.each(['the end of the stream', 'closing the socket'])(
    'lives on wherever the nucleus hangs up, be it by %s',
    async (how) => {
      const ack = encodeFrame({ type: FRAME_TYPE.connectAck, flags: FRAME_FLAG.connectionAccepted });
      const all = Buffer.concat([
        ack,
        encodeFrame({ streamId: 1, payload: '{}' }),
        encodeFrame({ streamId: 1, payload: '{"jsonMessage":{"message":{}}}' }),
      ]);
      let bytes = 0;
      void serve((frame, socket) => {
        const answer = frame.type === FRAME_TYPE.connect ? all.subarray(0, ack.length) : all.subarray(ack.length);
        const from = frame.type === FRAME_TYPE.connect ? 0 : ack.length;
        socket.write(answer.subarray(0, Math.max(0, bytes - from)));
        if (bytes > from + answer.length) return false;
        if (how === 'closing the socket') socket.destroySoon();
        else socket.end();
        return false;
      });
      const events = { onEvent: () => undefined, onEnded: () => undefined };

      const outcomes = new Set<string>();
      for (bytes = 0; bytes < all.length; bytes++) {
        let resolveLost: () => void = () => undefined;
        const lost = new Promise<void>((resolve) => (resolveLost = resolve));
        try {
          const connection = await open(resolveLost);
          await connection.stream('SubscribeToTopic', { topic: 't' }, events);
          await lost;
          outcomes.add('lost');
        } catch (thrown) {
          outcomes.add((thrown as NucleusFault).kind);
        }
      }

      expect([...outcomes].sort()).toEqual(expect.arrayContaining(['dropped', 'lost']));
      expect(outcomes.has('undefined')).toBe(false);
    },
  );

  it('tells a connection lost that ends in the same breath as its handshake', async () => {
    void serve((_, socket) => {
      const ack = encodeFrame({ type: FRAME_TYPE.connectAck, flags: FRAME_FLAG.connectionAccepted });
      socket.write(Buffer.concat([ack, Buffer.alloc(64, 0xff)]));
      return false;
    });
    await expect(open()).rejects.toMatchObject({ kind: 'dropped' });
  });

  it('fails a call whose answer is not JSON, and gives the connection up', async () => {
    serveOpen((frame, socket) => socket.write(encodeFrame({ streamId: frame.streamId, payload: '{' })));
    let reason = '';
    const connection = await open((why) => (reason = why));
    await expect(connection.call('UpdateState', { state: 'RUNNING' })).rejects.toMatchObject({ kind: 'lost' });
    await expect(connection.call('UpdateState', {})).rejects.toMatchObject({ kind: 'lost' });
    expect(reason).toMatch(/JSON/);
  });

  it('refuses a frame that no nucleus takes, and goes on', async () => {
    serveOpen((frame, socket) => socket.write(encodeFrame({ streamId: frame.streamId, payload: '{}' })));
    const connection = await open();
    const message = 'x'.repeat(25 * 1024 * 1024);
    await expect(
      connection.call('PublishToTopic', { publishMessage: { jsonMessage: { message } } }),
    ).rejects.toMatchObject({ code: 'ipc.frame-too-large' });
    expect(await connection.call('UpdateState', {})).toEqual({});
    await connection.close();
  });

  it('gives up a nucleus that does not read', async () => {
    serveOpen((_, socket) => socket.pause());
    let reason = '';
    const connection = await open((why) => (reason = why));
    const message = 'x'.repeat(8 * 1024 * 1024);
    const calls = Array.from({ length: 10 }, () =>
      connection.call('PublishToTopic', { publishMessage: { jsonMessage: { message } } }),
    );
    for (const call of calls) await expect(call).rejects.toMatchObject({ kind: 'lost' });
    expect(reason).toMatch(/unread/);
  });

  /** Accepts every connection; then calls back with each request. */
  function serveOpen(onRequest: (frame: Frame, socket: Socket) => unknown): void {
    void serve((frame, socket) => {
      if (frame.type === FRAME_TYPE.connect)
        socket.write(encodeFrame({ type: FRAME_TYPE.connectAck, flags: FRAME_FLAG.connectionAccepted }));
      else onRequest(frame, socket);
      return false;
    });
  }

  /** Calls back with each frame; resolves when the callback returns true. */
  function serve(onFrame: (frame: Frame, socket: Socket) => boolean): Promise<void> {
    return new Promise((resolve) => {
      server = createServer((socket) => {
        sockets.push(socket);
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

describe('transportFor', () => {
  const options = { socketPath: '/nowhere/ipc.socket', token: 'secret' };
  const signal = new AbortController().signal;
  const reasonOf = async (chosen?: string, platform?: NodeJS.Platform): Promise<string> => {
    const opening = transportFor(options, chosen, platform).open(() => undefined, signal);
    return opening.then(
      () => 'opened',
      (fault: NucleusFault) => (fault.cause as { syscall?: string }).syscall ?? 'aws-crt',
    );
  };

  it('speaks over a plain socket, over the SDK where that was asked for, and on Windows unless the socket was', async () => {
    expect(await reasonOf(undefined, 'linux')).toBe('connect');
    expect(await reasonOf(undefined, 'darwin')).toBe('connect');
    expect(await reasonOf('SDK', 'linux')).toBe('aws-crt');
    expect(await reasonOf(undefined, 'win32')).toBe('aws-crt');
    expect(await reasonOf('socket', 'win32')).toBe('connect');
  });

  it('refuses another word', () => {
    expect(() => transportFor(options, 'grpc')).toThrow('EDGEML_IPC_TRANSPORT is "grpc", neither "socket" nor "sdk"');
  });
});
