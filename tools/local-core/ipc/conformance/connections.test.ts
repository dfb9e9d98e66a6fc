import { once } from 'node:events';

import { greengrasscoreipc } from 'aws-iot-device-sdk-v2';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { Inbox } from '../../../../testing/local-core/inbox.ts';
import { allowAll, clientOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

const configuration = { accessControl: allowAll('aws.greengrass.ipc.pubsub') };

let rig: IpcRig;
afterEach(async () => {
  vi.unstubAllEnvs();
  await rig.close();
});

const publish = (client: Client, n: number): Promise<unknown> =>
  client.publishToTopic({ topic: 't', publishMessage: { jsonMessage: { message: n } } });

async function subscribe(client: Client) {
  const inbox = new Inbox<unknown>();
  const stream = client.subscribeToTopic({ topic: 't' });
  stream.on('message', ({ jsonMessage }) => inbox.push(jsonMessage?.message));
  await stream.activate();
  return { inbox, stream };
}

describe('connections', () => {
  it('are made with what the nucleus puts into the environment', async () => {
    rig = await ipcRig({ app: { configuration } });
    vi.stubEnv('AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT', rig.socketPath);
    vi.stubEnv('SVCUID', rig.nucleus.tokenOf('app'));
    const client = greengrasscoreipc.createClient();

    await client.connect();

    expect(rig.server.connections).toEqual([{ component: 'app', streams: 0 }]);
    await client.close();
  });

  it('are refused with a token that nobody holds', async () => {
    rig = await ipcRig({ app: {} });
    const stranger = clientOf(rig.socketPath, 'stranger');

    await expect(stranger.connect()).rejects.toThrow();

    await stranger.close();
    expect(rig.server.connections).toEqual([]);
  });

  it('that are dropped tell the client and end its subscriptions on both sides', async () => {
    rig = await ipcRig({ app: { configuration } });
    const client = await rig.connect('app');
    const { stream } = await subscribe(client);
    const disconnected = once(client, 'disconnection');
    const ended = once(stream, 'ended');

    rig.server.dropConnections();

    await disconnected;
    await ended;
    expect(rig.pubsub.subscriptions).toBe(0);
    await expect(publish(client, 1)).rejects.toThrow();
  });

  it('that are dropped can be made again with the same token', async () => {
    rig = await ipcRig({ app: { configuration } });
    const first = await rig.connect('app');
    const disconnected = once(first, 'disconnection');
    rig.server.dropConnections();
    await disconnected;

    const second = await rig.connect('app');
    const { inbox } = await subscribe(second);
    await publish(second, 2);

    expect(await inbox.take(1)).toEqual([2]);
  });

  it('are dropped for one component without harm to the others', async () => {
    rig = await ipcRig({ app: { configuration }, agent: { configuration } });
    const app = await rig.connect('app');
    const agent = await rig.connect('agent');
    const disconnected = once(app, 'disconnection');

    rig.server.dropConnections('app');
    await disconnected;

    await expect(publish(agent, 1)).resolves.toEqual({});
    expect(rig.server.connections).toEqual([{ component: 'agent', streams: 0 }]);
  });

  it('end when the server closes, which may be asked twice', async () => {
    rig = await ipcRig({ app: { configuration } });
    const client = await rig.connect('app');
    const disconnected = once(client, 'disconnection');

    await rig.server.close();
    await rig.server.close();

    await disconnected;
    await expect(rig.connect('app')).rejects.toThrow();
  });
});

describe('faults', () => {
  it('stall subscriptions without a sign, until they are taken back', async () => {
    rig = await ipcRig({ app: { configuration } });
    const client = await rig.connect('app');
    const { inbox } = await subscribe(client);

    const recover = rig.server.faults.stallSubscriptions('app');
    await publish(client, 1);
    recover();
    await publish(client, 2);

    expect(await inbox.take(1)).toEqual([2]);
  });

  it('delay answers by the clock of the server', async () => {
    const clock = new FakeClock();
    rig = await ipcRig({ app: { configuration }, agent: { configuration } }, { clock });
    const app = await rig.connect('app');
    const agent = await rig.connect('agent');
    rig.server.faults.delayAnswers(5_000, 'app');
    let answered = false;
    const seen = new Promise<void>((resolve) => {
      rig.pubsub.subscribe({ filter: 't', subscriber: 'test', deliver: () => resolve() });
    });

    const slow = publish(app, 1).then(() => (answered = true));
    await seen;
    await publish(agent, 2);
    expect(answered).toBe(false);
    await clock.advance(5_000);

    await slow;
  });

  it('keep events behind the answer that is delayed', async () => {
    const clock = new FakeClock();
    rig = await ipcRig({ app: { configuration } }, { clock });
    const takeBack = rig.server.faults.delayAnswers(1_000);
    const client = await rig.connect('app');
    const subscribing = subscribe(client);
    await expect.poll(() => rig.pubsub.subscriptions).toBe(1);
    rig.pubsub.publish({ topic: 't', body: { kind: 'json', value: 1 }, publisher: 'test' });
    takeBack();

    await clock.advance(1_000);

    const { inbox } = await subscribing;
    expect(await inbox.take(1)).toEqual([1]);
  });

  it('refuse new connections', async () => {
    rig = await ipcRig({ app: { configuration } });
    const accept = rig.server.faults.refuseConnections('app');

    await expect(rig.connect('app')).rejects.toThrow();
    accept();

    await expect(rig.connect('app')).resolves.toBeDefined();
  });
});
