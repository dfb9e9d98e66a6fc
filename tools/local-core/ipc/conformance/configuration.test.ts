import { afterEach, describe, expect, it } from 'vitest';

import { Inbox } from '../../../../testing/local-core/inbox.ts';
import { serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

const configuration = {
  threshold: 0.5,
  services: { parts: { interval: '5', labels: ['bolt', 'nut'], note: null } },
  accessControl: {},
};

let rig: IpcRig;
afterEach(() => rig.close());

async function app(): Promise<Client> {
  rig = await ipcRig({ app: { configuration }, agent: { configuration: { port: 1 } } });
  return rig.connect('app');
}

describe('GetConfiguration', () => {
  it.each([
    [[], configuration],
    [['services', 'parts'], configuration.services.parts],
    [['threshold'], { threshold: 0.5 }],
    [['services', 'parts', 'labels'], { labels: ['bolt', 'nut'] }],
    [['services', 'parts', 'note'], { note: null }],
  ])('reads %j, a single value under its own name', async (keyPath, value) => {
    const client = await app();

    expect(await client.getConfiguration({ keyPath })).toEqual({ componentName: 'app', value });
  });

  it('reads the configuration of another component', async () => {
    const client = await app();

    expect(await client.getConfiguration({ componentName: 'agent', keyPath: ['port'] })).toEqual({
      componentName: 'agent',
      value: { port: 1 },
    });
  });

  it.each([
    ['a key that is not there', { keyPath: ['nothing'] }],
    ['a key below a value', { keyPath: ['threshold', 'x'] }],
    ['a component that is not there', { componentName: 'ghost', keyPath: [] }],
    ['a key of objects', { keyPath: ['constructor'] }],
  ])('does not find %s', async (_case, request) => {
    const client = await app();

    expect(await serviceErrorOf(client.getConfiguration(request))).toMatchObject({
      _errorCode: 'ResourceNotFoundError',
      _message: 'Key not found',
    });
  });
});

describe('UpdateConfiguration', () => {
  const now = new Date();
  const newer = new Date(now.getTime() + 1);

  it('merges into a container and keeps what it does not name', async () => {
    const client = await app();

    await client.updateConfiguration({
      keyPath: ['services'],
      timestamp: now,
      valueToMerge: { parts: { interval: 2 } },
    });

    expect(rig.nucleus.configuration.get('app', ['services'])).toEqual({
      parts: { ...configuration.services.parts, interval: 2 },
    });
  });

  it('takes milliseconds of the timestamp into account', async () => {
    const client = await app();
    await client.updateConfiguration({ keyPath: [], timestamp: newer, valueToMerge: { threshold: 0.6 } });

    const error = await serviceErrorOf(
      client.updateConfiguration({ keyPath: [], timestamp: now, valueToMerge: { threshold: 0.7 } }),
    );

    expect(error).toMatchObject({ _errorCode: 'FailedUpdateConditionCheckError' });
    expect(rig.nucleus.configuration.get('app', ['threshold'])).toBe(0.6);
  });

  it('counts a path that is new from now, whatever the timestamp', async () => {
    const client = await app();
    const long_ago = new Date(1_000);
    await client.updateConfiguration({ keyPath: ['fresh'], timestamp: long_ago, valueToMerge: { a: 1 } });

    const error = await serviceErrorOf(
      client.updateConfiguration({ keyPath: ['fresh'], timestamp: long_ago, valueToMerge: { a: 2 } }),
    );

    expect(error._errorCode).toBe('FailedUpdateConditionCheckError');
    expect(rig.nucleus.configuration.get('app', ['fresh'])).toEqual({ a: 1 });
  });

  it.each([
    ['at the top', { keyPath: [], valueToMerge: { accessControl: {} } }],
    ['without path', { valueToMerge: { accessControl: {} } }],
    ['by path', { keyPath: ['accessControl'], valueToMerge: {} }],
    ['below it', { keyPath: ['accessControl', 'aws.greengrass.ipc.pubsub'], valueToMerge: { p: {} } }],
  ])('does not change accessControl %s', async (_case, request) => {
    const client = await app();

    expect(await serviceErrorOf(client.updateConfiguration({ timestamp: now, ...request }))).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
      _message: 'Config update is not allowed for following fields [accessControl]',
    });
    expect(rig.nucleus.configuration.get('app', ['accessControl'])).toEqual({});
  });

  it('may use the word below another key', async () => {
    const client = await app();

    await client.updateConfiguration({ keyPath: ['services'], timestamp: now, valueToMerge: { accessControl: 1 } });

    expect(rig.nucleus.configuration.get('app', ['services', 'accessControl'])).toBe(1);
  });

  it('wants a map to merge', async () => {
    const client = await app();

    const error = await serviceErrorOf(
      client.updateConfiguration({ keyPath: ['threshold'], timestamp: now, valueToMerge: 0.7 }),
    );

    expect(error).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
      _message: expect.stringContaining('must be a map') as string,
    });
  });
});

describe('SubscribeToConfigurationUpdate', () => {
  async function subscribe(client: Client, keyPath: string[], componentName?: string) {
    const inbox = new Inbox<unknown>();
    const stream = client.subscribeToConfigurationUpdate({ keyPath, ...(componentName ? { componentName } : {}) });
    stream.on('message', inbox.push);
    await stream.activate();
    return { inbox, stream };
  }

  it('tells the changed path, of changes by others and by itself', async () => {
    const client = await app();
    const { inbox } = await subscribe(client, []);

    rig.nucleus.configure('app', ['services', 'parts', 'interval'], 7);
    await client.updateConfiguration({ timestamp: new Date(), valueToMerge: { threshold: 0.9 } });

    expect(await inbox.take(2)).toEqual([
      { configurationUpdateEvent: { componentName: 'app', keyPath: ['services', 'parts', 'interval'] } },
      { configurationUpdateEvent: { componentName: 'app', keyPath: ['threshold'] } },
    ]);
  });

  it('tells of changes below its key only', async () => {
    const client = await app();
    const { inbox } = await subscribe(client, ['services']);

    rig.nucleus.configure('app', ['threshold'], 1);
    rig.nucleus.configure('agent', ['services', 'x'], 1);
    rig.nucleus.configure('app', ['services', 'x'], 1);

    expect(await inbox.take(1)).toEqual([
      { configurationUpdateEvent: { componentName: 'app', keyPath: ['services', 'x'] } },
    ]);
  });

  it('follows another component', async () => {
    const client = await app();
    const { inbox } = await subscribe(client, [], 'agent');

    rig.nucleus.configure('agent', ['port'], 2);

    expect(await inbox.take(1)).toEqual([{ configurationUpdateEvent: { componentName: 'agent', keyPath: ['port'] } }]);
  });

  it('ends with its stream', async () => {
    const client = await app();
    const { inbox, stream } = await subscribe(client, []);
    const { inbox: later } = await subscribe(client, []);

    await stream.close();
    await client.getConfiguration({ keyPath: [] });
    rig.nucleus.configure('app', ['threshold'], 1);
    await later.take(1);

    expect(inbox.events).toEqual([]);
  });

  it('wants a key that exists', async () => {
    await app();

    expect(
      await rig.refusedSubscription('app', 'SubscribeToConfigurationUpdate', { keyPath: ['nothing'] }),
    ).toMatchObject({ _errorCode: 'ResourceNotFoundError' });
  });
});
