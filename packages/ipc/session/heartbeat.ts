import { randomUUID } from 'node:crypto';
import type { Clock, EdgeError, Logger } from '#packages/foundation';
import { localTopics } from '../topics/topics.ts';
import { ipcErrors } from '../errors.ts';
import type { IpcSession } from '../session.ts';

export interface HeartbeatOptions {
  readonly component: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default 15 s. */
  readonly intervalMs: number;
  /** Beats in a row that may go missing before subscriptions count as dead. Default 3. */
  readonly missedBeats: number;
  readonly session: Pick<IpcSession, 'publishLocal' | 'subscribeLocal' | 'state' | 'onState'>;
  readonly rebuild: (reason: string) => void;
  readonly onGiveUp: (error: EdgeError) => void;
}

/** New connections that may stay deaf, one after the other, before the process should end. */
const DEAF_CONNECTIONS_TO_GIVE_UP = 4;

/** Beats that are left out at most after refusals: an hour's, at the default interval. */
const MAX_LEFT_OUT = 240;

/**
 * Proves that subscriptions still deliver: publishes on its own topic and waits to hear itself.
 * Streams have been seen to stay open and fall silent for days, with every publish answered "done". That is the connection's way of
 * delivering; a single stream that falls silent is made again by `SubscriptionBook`.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #id = randomUUID();
  #missed = 0;
  #deafConnections = 0;
  #subscribed = false;
  /** Beats in a row that the nucleus has refused, and how many are left out before the next. */
  #refusals = 0;
  #leaveOut = 0;
  #stopped = false;
  #cancel: () => void = () => undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    // A nucleus that was restarted may grant what it refused before.
    this.#options.session.onState(() => (this.#leaveOut = 0));
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(this.#options.intervalMs, () => {
      this.#schedule();
      void this.#beat();
    });
  }

  async #beat(): Promise<void> {
    const { session, component, missedBeats } = this.#options;
    if (session.state !== 'connected') {
      this.#missed = 0;
      return;
    }
    if (this.#leaveOut > 0) {
      this.#leaveOut--;
      return;
    }
    if (this.#missed >= missedBeats) return this.#declareDeaf();
    this.#missed++;
    const topic = localTopics.heartbeat(component);
    try {
      if (!this.#subscribed) await this.#listen(topic);
      await session.publishLocal(topic, { id: this.#id });
      this.#refusals = 0;
    } catch (thrown) {
      this.#tell(thrown);
    }
  }

  async #listen(topic: string): Promise<void> {
    await this.#options.session.subscribeLocal(topic, ({ message }) => {
      if ((message as { id?: unknown } | null)?.id !== this.#id) return;
      this.#missed = 0;
      this.#deafConnections = 0;
    });
    this.#subscribed = true;
  }

  #declareDeaf(): void {
    const { rebuild, onGiveUp, component, missedBeats } = this.#options;
    this.#missed = 0;
    this.#deafConnections++;
    const reason = `${missedBeats} heartbeats in a row did not come back to ${component}`;
    if (this.#deafConnections >= DEAF_CONNECTIONS_TO_GIVE_UP) {
      this.#deafConnections = 0;
      onGiveUp(
        ipcErrors.error('ipc.stale', `${reason}, on ${DEAF_CONNECTIONS_TO_GIVE_UP} connections one after the other`),
      );
    }
    rebuild(reason);
  }

  /**
   * A refusal is an answer: the connection lives, but nothing can be proved on it. It is said once and asked again ever more rarely,
   * because a nucleus writes each refusal to its log.
   */
  #tell(thrown: unknown): void {
    const isRefused = ipcErrors.is(thrown, 'ipc.unauthorized') || ipcErrors.is(thrown, 'ipc.nucleus-error');
    if (!isRefused || this.#refusals === 0) this.#options.log.warn({ error: thrown }, 'ipc.heartbeat-failed');
    if (!isRefused) return;
    this.#missed = 0;
    this.#leaveOut = Math.min(2 ** this.#refusals++, MAX_LEFT_OUT) - 1;
  }
}
