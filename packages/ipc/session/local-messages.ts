import { ipcErrors } from '../errors.ts';
import type { LocalMessage } from '../session.ts';
import { base64Length } from './message-limit.ts';

/** `publishMessage` of PublishToTopic, and how many bytes it takes as text in a frame. */
export interface EncodedMessage {
  readonly publishMessage: object;
  readonly encodedBytes: number;
}

/** @throws EdgeError `ipc.not-an-object`: the Java nucleus takes JSON objects and bytes only. */
export function encodeLocal(topic: string, message: unknown): EncodedMessage {
  if (message instanceof Uint8Array) {
    return { publishMessage: { binaryMessage: { message } }, encodedBytes: base64Length(message.length) };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    const kind = Array.isArray(message) ? 'a list' : message === null ? 'null' : `a ${typeof message}`;
    throw ipcErrors.error('ipc.not-an-object', `the message for ${topic} is ${kind}, not an object`, {
      facts: { topic },
    });
  }
  return { publishMessage: { jsonMessage: { message } }, encodedBytes: Buffer.byteLength(JSON.stringify(message)) };
}

/** One event of SubscribeToTopic. Nuclei that give no context leave the topic of the subscription. */
export function decodeLocal(event: unknown, subscribedTopic: string): LocalMessage | undefined {
  const { jsonMessage, binaryMessage } = event as Partial<Record<'jsonMessage' | 'binaryMessage', TopicPayload>>;
  const payload = jsonMessage ?? binaryMessage;
  if (!payload) return undefined;
  return { topic: payload.context?.topic ?? subscribedTopic, message: payload.message };
}

interface TopicPayload {
  readonly message?: unknown;
  readonly context?: { readonly topic?: string };
}
