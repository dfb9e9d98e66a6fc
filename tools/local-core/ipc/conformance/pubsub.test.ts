import type { greengrasscoreipc } from 'aws-iot-device-sdk-v2';
import { afterEach, describe, expect, it } from 'vitest';

import { Inbox } from '../../../../testing/local-core/inbox.ts';
import { allowAll, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

type Message = greengrasscoreipc.model.SubscriptionResponseMessage;
type ReceiveMode = greengrasscoreipc.model.ReceiveMode;

const configuration = { accessControl: allowAll('aws.greengrass.ipc.pubsub') };

let rig: IpcRig;
afterEach(() => rig.close());

async function cameraAndViewer(): Promise<[Client, Client]> {
  rig = await ipcRig({ camera: { configuration }, viewer: { configuration } });
  return [await rig.connect('camera'), await rig.connect('viewer')];
}

async function subscribe(client: Client, topic: string, receiveMode?: string): Promise<Inbox<Message>> {
  const inbox = new Inbox<Message>();
  const mode = receiveMode === undefined ? {} : { receiveMode: receiveMode as ReceiveMode };
  const stream = client.subscribeToTopic({ topic, ...mode });
  stream.on('message', inbox.push);
  await stream.activate();
  return inbox;
}

const publishJson = (client: Client, topic: string, message: unknown): Promise<unknown> =>
  client.publishToTopic({ topic, publishMessage: { jsonMessage: { message } } });

describe('PublishToTopic and SubscribeToTopic', () => {
  it('bring a JSON message from one component to another, with its topic', async () => {
    const [camera, viewer] = await cameraAndViewer();
    const inbox = await subscribe(viewer, 'frames/1');

    await publishJson(camera, 'frames/1', { width: 4, tags: ['ä', null] });

    expect(await inbox.take(1)).toEqual([
      { jsonMessage: { message: { width: 4, tags: ['ä', null] }, context: { topic: 'frames/1' } } },
    ]);
  });

  it('bring every byte of a binary message', async () => {
    const [camera, viewer] = await cameraAndViewer();
    const inbox = await subscribe(viewer, 'frames/1');
    const bytes = Uint8Array.from({ length: 512 }, (_, at) => at % 256);

    await camera.publishToTopic({ topic: 'frames/1', publishMessage: { binaryMessage: { message: bytes.buffer } } });

    const [message] = await inbox.take(1);
    expect(Buffer.from(message?.binaryMessage?.message as ArrayBuffer).equals(bytes)).toBe(true);
    expect(message?.binaryMessage?.context).toEqual({ topic: 'frames/1' });
  });

  it('succeed with no subscriber', async () => {
    const [camera] = await cameraAndViewer();

    await expect(publishJson(camera, 'nobody/listens', {})).resolves.toEqual({});
  });

  it('understand the wildcards + and #', async () => {
    const [camera, viewer] = await cameraAndViewer();
    const oneLevel = await subscribe(viewer, 'frames/+/left');
    const allLevels = await subscribe(viewer, 'frames/#');

    for (const topic of ['frames/1/left', 'frames/1/right', 'frames/2/left', 'other'])
      await publishJson(camera, topic, {});

    const topics = (messages: readonly Message[]) => messages.map((message) => message.jsonMessage?.context?.topic);
    expect(topics(await allLevels.take(3))).toEqual(['frames/1/left', 'frames/1/right', 'frames/2/left']);
    expect(topics(await oneLevel.take(2))).toEqual(['frames/1/left', 'frames/2/left']);
  });

  it('keep the order of a publisher for each subscriber', async () => {
    const [camera, viewer] = await cameraAndViewer();
    const inboxes = [await subscribe(viewer, 'n'), await subscribe(viewer, 'n')];

    await Promise.all(Array.from({ length: 300 }, (_, n) => publishJson(camera, 'n', { n })));

    for (const inbox of inboxes) {
      const numbers = (await inbox.take(300)).map(({ jsonMessage }) => (jsonMessage?.message as { n: number }).n);
      expect(numbers).toEqual(Array.from({ length: 300 }, (_, n) => n));
    }
  });

  it.each([
    ['own', undefined, true],
    ['+', undefined, false],
    ['#', undefined, false],
    ['own', 'RECEIVE_MESSAGES_FROM_OTHERS', false],
    ['+', 'RECEIVE_ALL_MESSAGES', true],
  ])('with topic %s and receive mode %s bring own messages: %s', async (topic, mode, own) => {
    const [camera, viewer] = await cameraAndViewer();
    const inbox = await subscribe(camera, topic, mode);

    await publishJson(camera, 'own', { from: 'camera' });
    await publishJson(viewer, 'own', { from: 'viewer' });

    const from = (await inbox.take(own ? 2 : 1)).map(
      ({ jsonMessage }) => (jsonMessage?.message as { from: string }).from,
    );
    expect(from).toEqual(own ? ['camera', 'viewer'] : ['viewer']);
  });

  it('stop when the stream is closed', async () => {
    const [camera, viewer] = await cameraAndViewer();
    const stream = viewer.subscribeToTopic({ topic: 'n' });
    await stream.activate();
    expect(rig.pubsub.subscriptions).toBe(1);

    await stream.close();
    // Requests of one connection are handled in order, so the next answer means that the end has been seen.
    await publishJson(viewer, 'n', {});
    await publishJson(camera, 'n', {});

    expect(rig.pubsub.subscriptions).toBe(0);
  });

  it('stop when the client goes', async () => {
    const [, viewer] = await cameraAndViewer();
    await subscribe(viewer, 'n');

    await viewer.close();
    const watcher = await rig.connect('viewer');
    await expect.poll(() => rig.pubsub.subscriptions).toBe(0);

    await expect(publishJson(watcher, 'n', {})).resolves.toEqual({});
  });

  it('reach subscribers in the process, and come from them', async () => {
    const [camera, viewer] = await cameraAndViewer();
    const heard = new Inbox<{ topic: string }>();
    rig.pubsub.subscribe({ filter: 'frames/#', subscriber: 'command line', deliver: heard.push });
    const inbox = await subscribe(viewer, 'orders');

    await publishJson(camera, 'frames/1', { n: 1 });
    rig.pubsub.publish({ topic: 'orders', body: { kind: 'json', value: 'stop' }, publisher: 'command line' });

    expect(await heard.take(1)).toEqual([
      { topic: 'frames/1', body: { kind: 'json', value: { n: 1 } }, publisher: 'camera' },
    ]);
    expect((await inbox.take(1))[0]?.jsonMessage?.message).toBe('stop');
  });

  it('refuse an empty topic to subscribe to', async () => {
    await cameraAndViewer();

    expect(await rig.refusedSubscription('viewer', 'SubscribeToTopic', { topic: '' })).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
      _message: 'Subscribe topic must not be empty',
    });
  });
});
