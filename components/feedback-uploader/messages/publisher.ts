import { isEdgeError, messageOf, sleep } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';
import type { IpcSession } from '#packages/ipc';

export interface PublisherPorts {
  readonly session: Pick<IpcSession, 'publishIot' | 'publishLocal'>;
  readonly clock: Clock;
  readonly incidents: Incidents;
}

/** Where a message goes: an MQTT topic, a local topic, both or none. */
export interface Topics {
  readonly mqtt?: string;
  readonly local?: string;
}

/** A message that must not get lost is repeated for this long. */
const PERSIST_MS = 60_000;
const RETRY_MS = 2_000;
/** Messages on their way at once; more that may get lost are lost. */
const MAX_ON_THEIR_WAY = 100;

/** Hands messages to the nucleus. */
export class Publisher {
  readonly #ports: PublisherPorts;
  #onTheirWay = 0;
  #lost = 0;

  constructor(ports: PublisherPorts) {
    this.#ports = ports;
  }

  /** Messages that could not be handed over. */
  get lost(): number {
    return this.#lost;
  }

  /** Sends a message that may get lost when the nucleus is away. */
  offer(topics: Topics, message: object): void {
    if (this.#onTheirWay >= MAX_ON_THEIR_WAY) {
      this.#lost++;
      return;
    }
    this.#onTheirWay++;
    void this.#publish(topics, message)
      .catch((error: unknown) => this.#giveUp(topics, error))
      .finally(() => this.#onTheirWay--);
  }

  /**
   * Hands a message over, again and again for a minute while the nucleus is away. A message that the nucleus
   * refuses is given up at once, because it would be refused again; so is a message that nobody wants.
   *
   * @returns whether it was handed over
   * @throws the signal's reason
   */
  async deliver(topics: Topics, message: object, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#ports;
    const deadline = clock.monotonic() + PERSIST_MS;
    const open: Topics[] = separate(topics);
    if (open.length === 0) return false;
    for (;;) {
      signal.throwIfAborted();
      try {
        for (; open[0]; open.shift()) await this.#publish(open[0], message);
        return true;
      } catch (error) {
        if (isFinal(error) || clock.monotonic() >= deadline) {
          this.#giveUp(topics, error);
          return false;
        }
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  async #publish(topics: Topics, message: object): Promise<void> {
    const { session, incidents } = this.#ports;
    const { mqtt, local } = topics;
    if (mqtt !== undefined) await session.publishIot(mqtt, JSON.stringify(message), { qos: 1 });
    if (local !== undefined) await session.publishLocal(local, message);
    incidents.resolved(subjectOf(topics), 'feedback.messages-again');
  }

  #giveUp(topics: Topics, error: unknown): void {
    this.#lost++;
    const subject = subjectOf(topics);
    const message = `${subject} cannot be published: ${messageOf(error)}`;
    this.#ports.incidents.opened(subject, 'feedback.message-lost', { ...topics, error, message, severity: 'error' });
  }
}

function subjectOf({ mqtt, local }: Topics): string {
  return `messages on ${mqtt ?? local ?? ''}`;
}

/** One at a time, so that what went over is not repeated with what did not. */
function separate({ mqtt, local }: Topics): Topics[] {
  return [...(mqtt === undefined ? [] : [{ mqtt }]), ...(local === undefined ? [] : [{ local }])];
}

function isFinal(error: unknown): boolean {
  return isEdgeError(error) && ['ipc.unauthorized', 'ipc.message-too-large', 'ipc.not-an-object'].includes(error.code);
}
