import type { StreamingOperation } from 'aws-iot-device-sdk-v2/dist/eventstream_rpc.js';

export type SdkStream = StreamingOperation<object, object, void, unknown>;

/**
 * Activates a stream of the SDK. The SDK closes a stream that the nucleus has refused before it tells so, and about once in some
 * thousand times that never ends; here the refusal is told at once.
 *
 * @returns closes the stream; resolves also if the nucleus has ended it before
 * @throws the SDK's error
 */
export async function activateStream(operation: SdkStream): Promise<() => Promise<void>> {
  const ended = new Promise<void>((resolve) => void operation.on('ended', () => resolve()));
  const close = operation.close.bind(operation);
  operation.close = async () => void close().catch(() => undefined);
  await operation.activate();
  return () => Promise.race([close().catch(() => undefined), ended]);
}
