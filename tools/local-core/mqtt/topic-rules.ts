import { coreErrors } from '../errors.ts';

/** Limits of AWS IoT Core ("AWS IoT Core message broker and protocol limits and quotas", AWS General Reference). */
const MAX_TOPIC_CHARACTERS = 256;
const MAX_TOPIC_SLASHES = 7;
export const MAX_PAYLOAD_BYTES = 128 * 1024;
/** Reserved topics of unknown kind are left to the broker up to this length, as in the nucleus. */
const MAX_RESERVED_TOPIC_CHARACTERS = 512;

const BASIC_INGEST = /^\$aws\/rules\/\S+?\/(?=\S)/;
const SHARED_SUBSCRIPTION = /^\$share\/\S+?\/(?=\S)/;

export type TopicUse = 'publish' | 'subscribe';

/**
 * Refuses what IoT Core would refuse, before it brings the connection down. The prefixes `$aws/rules/<rule>/` and, for
 * subscriptions, `$share/<group>/` do not count. Throws `mqtt.topic`.
 */
export function checkTopic(topic: string, use: TopicUse): void {
  if (topic === '') throw bad(topic, 'it is empty');
  if (topic.includes('\0')) throw bad(topic, 'it contains a zero character');
  if (use === 'publish' && /[+#]/.test(topic)) throw bad(topic, 'wildcards + and # are for subscriptions only');
  if (use === 'subscribe') checkWildcards(topic);
  const counted = countedPart(topic, use);
  if (counted === undefined) {
    if (topic.length <= MAX_RESERVED_TOPIC_CHARACTERS) return;
    throw bad(
      topic,
      `it has ${topic.length} characters; reserved topics have at most ${MAX_RESERVED_TOPIC_CHARACTERS}`,
    );
  }
  const slashes = counted.split('/').length - 1;
  if (slashes > MAX_TOPIC_SLASHES) throw bad(topic, `it has ${slashes} slashes; ${MAX_TOPIC_SLASHES} are allowed`);
  if (counted.length > MAX_TOPIC_CHARACTERS) {
    throw bad(topic, `it has ${counted.length} characters; ${MAX_TOPIC_CHARACTERS} are allowed`);
  }
}

/** Throws `mqtt.payload-too-large`. */
export function checkPayload(topic: string, payload: Uint8Array): void {
  if (payload.byteLength <= MAX_PAYLOAD_BYTES) return;
  const message = `the payload of ${payload.byteLength} bytes for "${topic}" exceeds the limit of ${MAX_PAYLOAD_BYTES} bytes`;
  throw coreErrors.error('mqtt.payload-too-large', message);
}

/** The slashes that the limits count; undefined for a reserved topic of unknown kind. */
function countedPart(topic: string, use: TopicUse): string | undefined {
  if (!topic.startsWith('$')) return topic;
  if (BASIC_INGEST.test(topic)) return topic.replace(BASIC_INGEST, '');
  if (SHARED_SUBSCRIPTION.test(topic)) return use === 'subscribe' ? topic.replace(SHARED_SUBSCRIPTION, '') : topic;
  return undefined;
}

/** MQTT 3.1.1, section 4.7.1: `+` fills a level, `#` fills the last one. A broker closes the connection on others. */
function checkWildcards(filter: string): void {
  const levels = filter.split('/');
  for (const [at, level] of levels.entries()) {
    if (level.includes('+') && level !== '+') throw bad(filter, '+ has to fill a whole level');
    if (level.includes('#') && (level !== '#' || at !== levels.length - 1))
      throw bad(filter, '# has to be the last level');
  }
}

function bad(topic: string, reason: string): Error {
  const shown = topic.length > 80 ? `${topic.slice(0, 80)}…` : topic;
  return coreErrors.error('mqtt.topic', `the topic "${shown}" is not allowed: ${reason}`);
}
