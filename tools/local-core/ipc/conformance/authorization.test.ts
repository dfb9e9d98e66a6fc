import { afterEach, describe, expect, it } from 'vitest';

import { serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

const PUBSUB = 'aws.greengrass.ipc.pubsub';

let rig: IpcRig;
afterEach(() => rig.close());

async function appWith(accessControl: unknown): Promise<Client> {
  rig = await ipcRig({ app: { configuration: { accessControl } }, other: {} });
  return rig.connect('app');
}

const publish = (client: Client, topic: string): Promise<unknown> =>
  client.publishToTopic({ topic, publishMessage: { jsonMessage: { message: {} } } });
const subscribe = (client: Client, topic: string): Promise<unknown> => client.subscribeToTopic({ topic }).activate();
const deniedTopic = (topic: string): Promise<unknown> => rig.refusedSubscription('app', 'SubscribeToTopic', { topic });

describe('authorization', () => {
  it('denies everything by default, and names who, what and where', async () => {
    const client = await appWith(undefined);

    expect(await serviceErrorOf(publish(client, 'edgeml/events'))).toMatchObject({
      _errorCode: 'UnauthorizedError',
      _message: `Principal app is not authorized to perform ${PUBSUB}:aws.greengrass#PublishToTopic on resource edgeml/events`,
    });
    expect(await deniedTopic('edgeml/events')).toMatchObject({ _errorCode: 'UnauthorizedError' });
  });

  it('wants the literal filter, or *, for a subscription with wildcards', async () => {
    const client = await appWith({
      [PUBSUB]: { p: { operations: ['aws.greengrass#SubscribeToTopic'], resources: ['a/+/b', 'c/*'] } },
    });

    await expect(subscribe(client, 'a/+/b')).resolves.toEqual({});
    await expect(subscribe(client, 'c/+/d')).resolves.toEqual({});
    expect(await deniedTopic('a/x/b')).toMatchObject({ _errorCode: 'UnauthorizedError' });
  });

  it('follows the configuration at once, both ways', async () => {
    const client = await appWith({});
    const policy = { [PUBSUB]: { p: { operations: ['*'], resources: ['t'] } } };

    rig.nucleus.configure('app', ['accessControl'], policy);
    await expect(publish(client, 't')).resolves.toEqual({});

    rig.nucleus.configure('app', ['accessControl'], {});
    expect(await serviceErrorOf(publish(client, 't'))).toMatchObject({ _errorCode: 'UnauthorizedError' });
  });

  it('grants to the component that has the policy only', async () => {
    await appWith({ [PUBSUB]: { p: { operations: ['*'], resources: ['*'] } } });
    const other = await rig.connect('other');

    expect(await serviceErrorOf(publish(other, 't'))).toMatchObject({ _errorCode: 'UnauthorizedError' });
  });

  it('needs no policy for configuration, state and updates', async () => {
    const client = await appWith(undefined);

    await client.getConfiguration({ keyPath: [] });
    await client.updateConfiguration({ timestamp: new Date(), valueToMerge: { a: 1 } });
    await client.updateState({ state: 'RUNNING' as Parameters<Client['updateState']>[0]['state'] });
    await client.subscribeToComponentUpdates({}).activate();

    expect(rig.nucleus.actions).toEqual(['app reports RUNNING']);
  });
});
