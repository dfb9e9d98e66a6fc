import type { ReceiveMode } from 'aws-iot-device-sdk-v2/dist/greengrasscoreipc/model.js';
import { activateStream, decodeLocal } from '#packages/ipc';
import type { NucleusClient } from './nucleus-client.ts';

export interface TopicMessage {
  readonly topic: string;
  /** JSON as parsed, in whatever form it came; other bytes as text. */
  readonly message: unknown;
}

/** Calls back with every message on the topics; resolves when aborted, rejects when the nucleus goes away. */
export async function subscribeUntil(
  client: NucleusClient,
  topics: readonly string[],
  onMessage: (message: TopicMessage) => void,
  signal: AbortSignal,
  onReady: () => void = () => undefined,
): Promise<void> {
  // Messages of another command come from the same component, which wildcards leave out by default.
  const receiveMode = 'RECEIVE_ALL_MESSAGES' as ReceiveMode;
  const closers: (() => Promise<void>)[] = [];
  try {
    for (const filter of topics) {
      const operation = client.sdk.subscribeToTopic({ topic: filter, receiveMode });
      operation.on('message', (event) => {
        const { topic, message } = decodeLocal(event, filter) ?? { topic: filter, message: '' };
        onMessage({ topic, message: message instanceof Uint8Array ? Buffer.from(message).toString('utf8') : message });
      });
      closers.push(await client.call(`subscribing to ${filter}`, activateStream(operation)));
    }
    onReady();
    await untilAborted(signal, client.gone);
  } finally {
    await Promise.all(closers.map((close) => close()));
  }
}

function untilAborted(signal: AbortSignal, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => (signal.aborted ? resolve() : reject(gone.reason as Error));
    if (signal.aborted || gone.aborted) return end();
    signal.addEventListener('abort', end, { once: true });
    gone.addEventListener('abort', end, { once: true });
  });
}
