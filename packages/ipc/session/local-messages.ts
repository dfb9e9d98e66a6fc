import { ipcErrors } from '../errors.ts';
import type { LocalMessage } from '../session.ts';
import { countObjects, depthOf, LITE_MAX_DEPTH, LITE_MAX_OBJECTS } from './lite-objects.ts';
import { base64Length } from './message-limit.ts';

/** `publishMessage` of PublishToTopic, and how many bytes it takes as text in a frame. */
export interface EncodedMessage {
  readonly publishMessage: object;
  readonly encodedBytes: number;
}

/**
 * Bytes go as binary, objects as JSON. An object that nucleus lite would lose as a map goes as binary, too: the UTF-8 bytes of its JSON
 * text, which every SDK hands over as they are (one JSON string would do on lite, but not in the typed SDKs of other languages).
 *
 * @param lite whether the nucleus may be nucleus lite
 * @throws EdgeError `ipc.not-an-object`: the Java nucleus takes JSON objects and bytes only.
 */
export function encodeLocal(topic: string, message: unknown, lite: boolean): EncodedMessage {
  if (message instanceof Uint8Array) return binary(message);
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    const kind = Array.isArray(message) ? 'a list' : message === null ? 'null' : `a ${typeof message}`;
    throw ipcErrors.error('ipc.not-an-object', `the message for ${topic} is ${kind}, not an object`, {
      facts: { topic },
    });
  }
  const text = JSON.stringify(message);
  if (lite && !passesLite(JSON.parse(text))) return binary(Buffer.from(text));
  return { publishMessage: { jsonMessage: { message } }, encodedBytes: Buffer.byteLength(text) };
}

/** One event of SubscribeToTopic. Nuclei that give no context leave the topic of the subscription. */
export function decodeLocal(event: unknown, subscribedTopic: string): LocalMessage | undefined {
  const { jsonMessage, binaryMessage } = event as Partial<Record<'jsonMessage' | 'binaryMessage', TopicPayload>>;
  const payload = jsonMessage ?? binaryMessage;
  if (!payload) return undefined;
  return { topic: payload.context?.topic ?? subscribedTopic, message: plainMessage(payload.message) };
}

/** A message as it was published, whatever its form: bytes or a string that are the JSON text of an object become that object. */
export function plainMessage(message: unknown): unknown {
  if (typeof message === 'string') return objectIn(message) ?? message;
  if (!(message instanceof Uint8Array) || message[0] !== OPENING_BRACE) return message;
  try {
    return objectIn(UTF8.decode(message)) ?? message;
  } catch {
    return message;
  }
}

interface TopicPayload {
  readonly message?: unknown;
  readonly context?: { readonly topic?: string };
}

const OPENING_BRACE = 0x7b;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function binary(message: Uint8Array): EncodedMessage {
  return { publishMessage: { binaryMessage: { message } }, encodedBytes: base64Length(message.length) };
}

function passesLite(message: unknown): boolean {
  return countObjects(message) <= LITE_MAX_OBJECTS && depthOf(message) <= LITE_MAX_DEPTH;
}

function objectIn(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
