import { vi } from 'vitest';
import type { ResultMessage } from '#packages/http';
import { PATIENCE_MS } from '../patience.ts';
import { messageIn } from '../../tools/local-core/pubsub/local-pubsub.ts';
import type { LocalPubSub } from '../../tools/local-core/pubsub/local-pubsub.ts';

/** A message as a subscriber of the device sees it. */
export interface Received {
  readonly topic: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Size of the message as JSON. */
  readonly bytes: number;
  /** `performance.now()` of this process. */
  readonly at: number;
}

/** Collects the messages of a local topic filter. */
export class Inboxed {
  readonly all: Received[] = [];

  constructor(pubsub: LocalPubSub, filter: string) {
    pubsub.subscribe({
      filter,
      subscriber: 'test',
      deliver: ({ topic, body }) => {
        const message = messageIn(body);
        const isBytes = message instanceof Uint8Array;
        const bytes = isBytes ? message.length : Buffer.byteLength(JSON.stringify(message));
        this.all.push({ topic, body: isBytes ? {} : (message as Received['body']), bytes, at: performance.now() });
      },
    });
  }

  /** Waits for the first message, of those before too, that has these values. */
  async having(values: Readonly<Record<string, unknown>>, from = 0): Promise<Received> {
    const fits = ({ body }: Received): boolean => Object.entries(values).every(([key, value]) => body[key] === value);
    const found = await vi.waitUntil(() => this.all.slice(from).find(fits), { timeout: PATIENCE_MS, interval: 5 });
    return found;
  }

  /** Waits for the result of an image. */
  async of(image: string): Promise<ResultMessage> {
    return (await this.having({ image })).body as unknown as ResultMessage;
  }
}
