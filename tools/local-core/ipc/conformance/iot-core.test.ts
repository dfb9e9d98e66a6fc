import type { greengrasscoreipc } from 'aws-iot-device-sdk-v2';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import { embeddedIotCore } from '../../mqtt/embedded-broker.ts';
import { Inbox } from '../../../../testing/local-core/inbox.ts';
import { allowAll, serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

type Message = greengrasscoreipc.model.IoTCoreMessage;
type Qos = greengrasscoreipc.model.QOS;

const configuration = { accessControl: allowAll('aws.greengrass.ipc.mqttproxy') };
const AT_MOST_ONCE = '0' as Qos;
const AT_LEAST_ONCE = '1' as Qos;

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close();
});

async function serve(options: { readonly offline?: boolean } = {}): Promise<IpcRig> {
  const embedded = await embeddedIotCore({ clock: systemClock, log: silentLogger, reconnectMs: 50 });
  cleanup.push(() => embedded.close());
  await goes(embedded.iotCore, true);
  if (options.offline) {
    await embedded.broker.close();
    await goes(embedded.iotCore, false);
  }
  const rig = await ipcRig({ app: { configuration }, other: {} }, { iotCore: embedded.iotCore });
  cleanup.push(() => rig.close());
  return rig;
}

function goes(iotCore: { onOnline(listener: (online: boolean) => void): () => void }, wanted: boolean): Promise<void> {
  return new Promise((resolve) => void iotCore.onOnline((online) => (online === wanted ? resolve() : undefined)));
}

async function subscribe(client: Client, topicName: string): Promise<Inbox<Message>> {
  const inbox = new Inbox<Message>();
  const stream = client.subscribeToIoTCore({ topicName, qos: AT_LEAST_ONCE });
  stream.on('message', inbox.push);
  await stream.activate();
  return inbox;
}

describe('PublishToIoTCore and SubscribeToIoTCore', () => {
  it('carry a message there and back', async () => {
    const rig = await serve();
    const client = await rig.connect('app');
    const inbox = await subscribe(client, 'edgeml/+/results/#');
    const payload = Uint8Array.from([0, 1, 254, 255]);

    await client.publishToIoTCore({
      topicName: 'edgeml/thing/results/parts',
      qos: AT_LEAST_ONCE,
      payload: payload.buffer,
    });

    const [event] = await inbox.take(1);
    expect(event?.message).toMatchObject({
      topicName: 'edgeml/thing/results/parts',
      retain: false,
      payloadFormat: '0',
    });
    expect(Buffer.from(event?.message?.payload as ArrayBuffer).equals(payload)).toBe(true);
  });

  it('retain what is to be retained', async () => {
    const rig = await serve();
    const client = await rig.connect('app');
    const first = await subscribe(client, 'state');
    await client.publishToIoTCore({ topicName: 'state', qos: AT_LEAST_ONCE, payload: 'on', retain: true });
    await first.take(1);
    await client.close();

    const again = await subscribe(await rig.connect('app'), 'state');

    expect((await again.take(1))[0]?.message).toMatchObject({ topicName: 'state', retain: true });
  });

  it('tell no more than "Not Authorized" if no policy grants the topic', async () => {
    const rig = await serve();
    const client = await rig.connect('other');
    const denied = { _errorCode: 'UnauthorizedError', _message: 'Not Authorized' };

    const publishing = client.publishToIoTCore({ topicName: 'a', qos: AT_MOST_ONCE, payload: 'x' });
    expect(await serviceErrorOf(publishing)).toMatchObject(denied);
    const subscribing = await rig.refusedSubscription('other', 'SubscribeToIoTCore', {
      topicName: 'a',
      qos: AT_MOST_ONCE,
    });
    expect(subscribing).toMatchObject(denied);
  });

  it.each([
    ['a wildcard in the topic', 'a/#', 1, 'wildcards'],
    ['too many slashes', 'a/b/c/d/e/f/g/h/i', 1, '8 slashes'],
    ['a payload above 128 kB', 'a', 128 * 1024 + 1, 'exceeds the limit of 131072 bytes'],
  ])('refuse %s', async (_case, topicName, bytes, reason) => {
    const client = await (await serve()).connect('app');

    const error = await serviceErrorOf(
      client.publishToIoTCore({ topicName, qos: AT_LEAST_ONCE, payload: new ArrayBuffer(bytes) }),
    );

    expect(error).toMatchObject({
      _errorCode: 'ServiceError',
      _message: expect.stringMatching(new RegExp(`^Publish to topic ${topicName} failed: .*${reason}`)) as string,
    });
  });

  it('refuse quality 0 and take quality 1 while the broker is away', async () => {
    const rig = await serve({ offline: true });
    const client = await rig.connect('app');

    const dropped = client.publishToIoTCore({ topicName: 'a', qos: AT_MOST_ONCE, payload: 'x' });
    expect(await serviceErrorOf(dropped)).toMatchObject({
      _errorCode: 'ServiceError',
      _message: 'Publish to topic a failed: Device is offline. Dropping QoS 0 message.',
    });
    await expect(client.publishToIoTCore({ topicName: 'a', qos: AT_LEAST_ONCE, payload: 'x' })).resolves.toEqual({});
  });

  it('say so if the device is configured to run offline', async () => {
    const rig = await ipcRig({ app: { configuration } });
    cleanup.push(() => rig.close());
    const client = await rig.connect('app');

    const publishing = client.publishToIoTCore({ topicName: 'a', qos: AT_LEAST_ONCE, payload: 'x' });
    expect((await serviceErrorOf(publishing))._message).toContain('configured to run offline');
    const subscribing = await rig.refusedSubscription('app', 'SubscribeToIoTCore', {
      topicName: 'a',
      qos: AT_LEAST_ONCE,
    });
    expect(subscribing).toMatchObject({
      _message: expect.stringContaining('not configured to connect to AWS') as string,
    });
  });
});
