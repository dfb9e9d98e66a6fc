import { afterEach, describe, expect, it } from 'vitest';

import { allowAll, ipcRig } from '../../../testing/local-core/ipc-rig.ts';
import type { IpcRig } from '../../../testing/local-core/ipc-rig.ts';
import {
  connectedRawClient,
  connectFrame,
  payloadOf,
  rawClient,
  requestFrame,
} from '../../../testing/local-core/raw-client.ts';
import type { RawClient } from '../../../testing/local-core/raw-client.ts';
import { encodeFrame, FRAME_FLAG, FRAME_TYPE } from '#packages/ipc';

const SUBSCRIBE = 'aws.greengrass#SubscribeToTopic';
const PUBLISH = 'aws.greengrass#PublishToTopic';

let rig: IpcRig;
afterEach(() => rig.close());

async function serve(): Promise<IpcRig> {
  rig = await ipcRig({ camera: { configuration: { accessControl: allowAll('aws.greengrass.ipc.pubsub') } } });
  return rig;
}

async function connected(): Promise<RawClient> {
  const { socketPath, nucleus } = await serve();
  return connectedRawClient(socketPath, nucleus.tokenOf('camera'));
}

const publish = (streamId: number, value: unknown) =>
  requestFrame(streamId, PUBLISH, { topic: 't', publishMessage: { jsonMessage: { message: value } } });

describe('handshake', () => {
  it('accepts a known token', async () => {
    const { socketPath, nucleus, server } = await serve();
    const client = await rawClient(socketPath);

    client.send(connectFrame(nucleus.tokenOf('camera')));

    expect(await client.frame(1)).toMatchObject({ type: FRAME_TYPE.connectAck, flags: 1, streamId: 0, headers: {} });
    expect(server.connections).toEqual([{ component: 'camera', streams: 0 }]);
  });

  it.each([
    ['an unknown token', connectFrame('stranger')],
    ['an empty token', connectFrame('')],
    ['another version', connectFrame('token-of-camera', '0.2.0')],
    ['no JSON', { type: FRAME_TYPE.connect, headers: { ':version': '0.1.0' }, payload: 'token' }],
    ['no payload', { type: FRAME_TYPE.connect, headers: { ':version': '0.1.0' } }],
    ['null', { type: FRAME_TYPE.connect, headers: { ':version': '0.1.0' }, payload: 'null' }],
  ])('does not accept %s and hangs up', async (_case, frame) => {
    const { socketPath } = await serve();
    const client = await rawClient(socketPath);

    client.send(frame);

    expect(await client.frame(1)).toMatchObject({ type: FRAME_TYPE.connectAck, flags: 0 });
    await client.closed;
  });

  it('hangs up on who sends a request first', async () => {
    const { socketPath } = await serve();
    const client = await rawClient(socketPath);

    client.send(publish(1, {}));

    expect(await client.frame(1)).toMatchObject({ type: FRAME_TYPE.protocolError });
    await client.closed;
  });
});

describe('requests', () => {
  it('answer with the model name, and end their stream', async () => {
    const client = await connected();

    client.send(publish(1, {}));

    const answer = await client.frame(2);
    expect(answer).toMatchObject({
      type: FRAME_TYPE.applicationMessage,
      flags: FRAME_FLAG.terminateStream,
      streamId: 1,
      headers: { ':content-type': 'application/json', 'service-model-type': 'aws.greengrass#PublishToTopicResponse' },
    });
    expect(payloadOf(answer)).toEqual({});
  });

  it('for a subscription keep their stream open, answer first and bring events without flags', async () => {
    const client = await connected();

    client.send(requestFrame(1, SUBSCRIBE, { topic: 't' }));
    client.send(publish(2, { n: 1 }));

    expect(await client.frame(2)).toMatchObject({ streamId: 1, flags: 0 });
    const rest = [await client.frame(3), await client.frame(4)];
    const event = rest.find(({ streamId }) => streamId === 1);
    expect(event).toMatchObject({
      type: FRAME_TYPE.applicationMessage,
      flags: 0,
      headers: { 'service-model-type': 'aws.greengrass#SubscriptionResponseMessage' },
    });
    expect(event && payloadOf(event)).toEqual({ jsonMessage: { message: { n: 1 }, context: { topic: 't' } } });
  });

  it('take effect in the order in which they come', async () => {
    const client = await connected();
    client.send(requestFrame(1, SUBSCRIBE, { topic: 't' }));
    for (let n = 2; n <= 51; n++) client.send(publish(n, n));
    await client.frame(101);

    const events = client.frames.filter(({ streamId, flags }) => streamId === 1 && flags === 0).slice(1);

    expect(events.map(payloadOf)).toEqual(
      Array.from({ length: 50 }, (_, at) => ({ jsonMessage: { message: at + 2, context: { topic: 't' } } })),
    );
  });

  it('end a subscription when the client terminates the stream', async () => {
    const client = await connected();
    client.send(requestFrame(1, SUBSCRIBE, { topic: 't' }));
    await client.frame(2);
    expect(rig.pubsub.subscriptions).toBe(1);

    client.send({ type: FRAME_TYPE.applicationMessage, flags: FRAME_FLAG.terminateStream, streamId: 1 });
    client.send(publish(2, {}));

    expect(await client.frame(3)).toMatchObject({ streamId: 2 });
    expect(rig.pubsub.subscriptions).toBe(0);
  });

  it('may be terminated after they have ended', async () => {
    const client = await connected();
    client.send(publish(1, {}));
    await client.frame(2);

    client.send({ type: FRAME_TYPE.applicationMessage, flags: FRAME_FLAG.terminateStream, streamId: 1 });
    client.send(publish(2, {}));

    expect(await client.frame(3)).toMatchObject({ streamId: 2 });
  });

  it('answer modeled errors with their shape, and end the stream', async () => {
    const client = await connected();

    client.send(requestFrame(1, PUBLISH, { topic: 'a/+', publishMessage: { jsonMessage: { message: {} } } }));

    const answer = await client.frame(2);
    expect(answer).toMatchObject({
      type: FRAME_TYPE.applicationError,
      flags: FRAME_FLAG.terminateStream,
      headers: { ':content-type': 'application/json', 'service-model-type': 'aws.greengrass#InvalidArgumentsError' },
    });
    expect(payloadOf(answer)).toEqual({
      _message: 'Publish topic must not contain a wildcard.',
      _errorCode: 'InvalidArgumentsError',
    });
  });

  it('of an unknown operation are answered without a model name', async () => {
    const client = await connected();

    client.send(requestFrame(1, 'aws.greengrass#Fly'));

    const answer = await client.frame(2);
    expect(answer).toMatchObject({ type: FRAME_TYPE.applicationError, flags: FRAME_FLAG.terminateStream });
    expect(answer.headers).toEqual({ ':content-type': 'application/json' });
    expect(payloadOf(answer)).toEqual({
      error: 'Unsupported Operation',
      message: 'aws.greengrass#Fly is an unsupported operation.',
    });
  });

  it.each(['{', '', 'null1'])(
    'that are not JSON ("%s") are an internal server error in plain text',
    async (payload) => {
      const client = await connected();

      client.send(requestFrame(1, PUBLISH, payload));

      const answer = await client.frame(2);
      expect(answer.headers).toEqual({ ':content-type': 'text/plain' });
      expect(Buffer.from(answer.payload).toString()).toBe('InternalServerError');
    },
  );

  it.each([
    ['a number for the topic', { topic: 1, publishMessage: { jsonMessage: { message: {} } } }],
    ['no message', { topic: 't', publishMessage: {} }],
    ['two messages', { topic: 't', publishMessage: { jsonMessage: { message: {} }, binaryMessage: { message: '' } } }],
    ['null', 'null'],
    ['a list', '[]'],
  ])('with %s are invalid arguments', async (_case, request) => {
    const client = await connected();

    client.send(requestFrame(1, PUBLISH, request));

    expect(payloadOf(await client.frame(2))).toMatchObject({ _errorCode: 'InvalidArgumentsError' });
  });
});

describe('protocol', () => {
  it('answers a ping with its payload and its own headers', async () => {
    const client = await connected();

    client.send({ type: FRAME_TYPE.ping, headers: { ':secret': 'x', mark: '7' }, payload: 'hello' });

    const answer = await client.frame(2);
    expect(answer).toMatchObject({ type: FRAME_TYPE.pingResponse, streamId: 0, headers: { mark: '7' } });
    expect(Buffer.from(answer.payload).toString()).toBe('hello');
  });

  it('ignores a ping response', async () => {
    const client = await connected();

    client.send({ type: FRAME_TYPE.pingResponse });
    client.send(publish(1, {}));

    expect(await client.frame(2)).toMatchObject({ streamId: 1 });
  });

  it.each([1, 4, 5, 6, 7, 99])('answers message type %i with an internal error and hangs up', async (type) => {
    const client = await connected();

    client.send({ type });

    expect(await client.frame(2)).toMatchObject({ type: FRAME_TYPE.internalError });
    await client.closed;
  });

  it.each([
    ['names no operation', { type: FRAME_TYPE.applicationMessage, streamId: 1 }],
    ['opens stream 0', { type: FRAME_TYPE.applicationMessage, streamId: 0, headers: { operation: PUBLISH } }],
    ['opens a negative stream', { type: FRAME_TYPE.applicationMessage, streamId: -1, headers: { operation: PUBLISH } }],
  ])('hangs up on a client that %s', async (_case, frame) => {
    const client = await connected();

    client.send(frame);

    await client.closed;
  });

  it('hangs up on a client that opens a stream twice', async () => {
    const client = await connected();
    client.send(publish(5, {}));
    await client.frame(2);

    client.send(publish(5, {}));

    expect(await client.frame(3)).toMatchObject({ type: FRAME_TYPE.protocolError });
    await client.closed;
  });

  it('understands requests that come byte by byte, or many at once', async () => {
    const client = await connected();
    for (const byte of encodeFrame(publish(1, {}))) client.sendBytes(Uint8Array.of(byte));
    await client.frame(2);

    client.sendBytes(Buffer.concat([2, 3, 4].map((streamId) => encodeFrame(publish(streamId, {})))));

    await client.frame(5);
    expect(client.frames.slice(1).map(({ streamId }) => streamId)).toEqual([1, 2, 3, 4]);
  });

  it('tells of a damaged frame, hangs up, and serves the others', async () => {
    const client = await connected();
    const other = await connectedRawClient(rig.socketPath, 'token-of-camera');
    const damaged = encodeFrame(publish(1, {}));
    damaged[damaged.length - 6] = (damaged[damaged.length - 6] as number) ^ 1;

    client.sendBytes(damaged);

    const answer = await client.frame(2);
    expect(answer.type).toBe(FRAME_TYPE.protocolError);
    expect(payloadOf(answer)).toMatchObject({ message: expect.stringContaining('checksum') as string });
    await client.closed;
    other.send(publish(1, {}));
    expect(await other.frame(2)).toMatchObject({ streamId: 1 });
  });

  it('survives clients that send garbage or leave in the middle of a frame', async () => {
    const { socketPath, nucleus } = await serve();
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), Buffer.alloc(64, 0xff)]) {
      const client = await rawClient(socketPath);
      client.sendBytes(bytes);
      await client.closed;
    }
    const leaving = await connectedRawClient(socketPath, nucleus.tokenOf('camera'));
    leaving.sendBytes(encodeFrame(publish(1, {})).subarray(0, 20));
    leaving.close();

    const client = await connectedRawClient(socketPath, nucleus.tokenOf('camera'));
    client.send(publish(1, {}));

    expect(await client.frame(2)).toMatchObject({ streamId: 1 });
  });
});
