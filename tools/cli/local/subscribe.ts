import type { ReceiveMode } from 'aws-iot-device-sdk-v2/dist/greengrasscoreipc/model.js';
import { decodeLocal } from '#packages/ipc';
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
  const operations = topics.map((topic) => client.sdk.subscribeToTopic({ topic, receiveMode }));
  for (const [index, operation] of operations.entries()) {
    operation.on('message', (event) => {
      const { topic, message } = decodeLocal(event, topics[index] ?? '') ?? { topic: topics[index] ?? '', message: '' };
      onMessage({ topic, message: message instanceof Uint8Array ? Buffer.from(message).toString('utf8') : message });
    });
    await client.call(`subscribing to ${topics[index]}`, operation.activate());
  }
  onReady();
  try {
    await untilAborted(signal, client.gone);
  } finally {
    await Promise.all(operations.map((operation) => operation.close().catch(() => undefined)));
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
