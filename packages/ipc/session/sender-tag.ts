import { randomUUID } from 'node:crypto';
import { topicMatches } from '../topics/topic-syntax.ts';

/** Key of the tag inside a message; taken out again before a handler sees the message. */
const SENDER_KEY = '_sender';

/**
 * Tells own messages from others'. The Java nucleus does this when asked (`receiveMode`), nucleus lite ignores the request,
 * so messages on topics that this session hears with `receive: 'others'` carry its mark.
 */
export class SenderTag {
  readonly #id: string = randomUUID();
  readonly #filters: string[] = [];

  /** Messages on topics that match will be marked from now on. */
  hearOthersOn(filter: string): () => void {
    this.#filters.push(filter);
    return () => {
      const index = this.#filters.indexOf(filter);
      if (index >= 0) this.#filters.splice(index, 1);
    };
  }

  mark(topic: string, message: object): object {
    const heard = this.#filters.some((filter) => topicMatches(filter, topic));
    return heard ? { ...message, [SENDER_KEY]: this.#id } : message;
  }

  isOwn(message: unknown): boolean {
    return isRecord(message) && message[SENDER_KEY] === this.#id;
  }

  unmark(message: unknown): unknown {
    if (!isRecord(message) || !(SENDER_KEY in message)) return message;
    const { [SENDER_KEY]: _sender, ...rest } = message;
    return rest;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
