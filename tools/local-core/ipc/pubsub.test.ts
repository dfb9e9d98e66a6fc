import { afterEach, describe, expect, it } from 'vitest';

import { Inbox } from '../pubsub/test-inbox.ts';
import { allowAll, serviceErrorOf, testBench } from './test-bench.ts';
import type { Client, TestBench } from './test-bench.ts';

const configuration = { accessControl: allowAll('aws.greengrass.ipc.pubsub'), threshold: 0.5 };

let bench: TestBench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function subscribe(client: Client, topic: string, inbox: Inbox<unknown>): Promise<void> {
  const stream = client.subscribeToTopic({ topic });
  stream.on('message', inbox.push);
  await stream.activate();
}

describe('local publish and subscribe over IPC', () => {
  it('brings a JSON message from one component to another', async () => {
    bench = await testBench({ camera: { configuration }, viewer: { configuration } });
    const [camera, viewer] = await Promise.all([bench.connect('camera'), bench.connect('viewer')]);
    const inbox = new Inbox<unknown>();
    await subscribe(viewer, 'frames/+', inbox);

    await camera.publishToTopic({ topic: 'frames/1', publishMessage: { jsonMessage: { message: { width: 4 } } } });

    expect(await inbox.take(1)).toEqual([{ jsonMessage: { message: { width: 4 }, context: { topic: 'frames/1' } } }]);
  });

  it('denies what no policy grants', async () => {
    bench = await testBench({ camera: {} });
    const camera = await bench.connect('camera');

    const error = await serviceErrorOf(
      camera.publishToTopic({ topic: 'frames/1', publishMessage: { jsonMessage: { message: {} } } }),
    );

    expect(error).toMatchObject({
      _errorCode: 'UnauthorizedError',
      _message:
        'Principal camera is not authorized to perform aws.greengrass.ipc.pubsub:aws.greengrass#PublishToTopic on resource frames/1',
    });
  });

  it('reads configuration', async () => {
    bench = await testBench({ camera: { configuration } });
    const camera = await bench.connect('camera');

    expect(await camera.getConfiguration({ keyPath: ['threshold'] })).toEqual({
      componentName: 'camera',
      value: { threshold: 0.5 },
    });
  });
});
