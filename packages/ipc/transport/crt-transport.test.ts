import { describe, expect, it, vi } from 'vitest';
import { StuckStream } from '../../../testing/ipc/stuck-stream.ts';
import { crtTransport } from './crt-transport.ts';

const { sdk } = vi.hoisted(() => ({ sdk: { subscribeToTopic: (): unknown => undefined } }));
vi.mock('aws-iot-device-sdk-v2/dist/greengrasscoreipc.js', () => ({
  createDefaultClientConfig: () => ({}),
  createClient: () => ({ ...sdk, connect: async () => undefined, on: () => undefined, close: async () => undefined }),
}));

async function streamOf(operation: StuckStream) {
  sdk.subscribeToTopic = () => operation;
  const connection = await crtTransport({ socketPath: 'ipc.socket', token: 'x' }).open(
    () => undefined,
    new AbortController().signal,
  );
  return connection.stream('SubscribeToTopic', { topic: 'a' }, { onEvent: () => undefined, onEnded: () => undefined });
}

describe('a stream of the SDK that cannot be closed', () => {
  it('is refused with what the nucleus said', async () => {
    const refusal = Object.assign(new Error('refused'), { serviceError: { _errorCode: 'UnauthorizedError' } });

    await expect(streamOf(new StuckStream(refusal))).rejects.toMatchObject({
      kind: 'service',
      errorCode: 'UnauthorizedError',
    });
  });

  it('is closed once it has ended', async () => {
    const operation = new StuckStream();
    const stream = await streamOf(operation);

    const closed = stream.close();
    operation.emit('ended');

    await expect(closed).resolves.toBeUndefined();
  });
});
