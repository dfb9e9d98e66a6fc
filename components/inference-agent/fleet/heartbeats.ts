import type { Clock, Incidents, Logger } from '#packages/foundation';
import type { HeartbeatMessage } from '#packages/heartbeat';
import { tellReachable, tellUnreachable } from './cloud-check.ts';

export interface HeartbeatPorts {
  /** Seconds; 0: none. Read again before each heartbeat. */
  readonly periodSeconds: () => number;
  readonly isRegistered: () => Promise<boolean>;
  readonly compose: (periodSeconds: number) => Promise<HeartbeatMessage>;
  readonly send: (heartbeat: HeartbeatMessage) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
  readonly log: Logger;
}

/** A fleet that gets its power back together does not speak up together. */
const FIRST_WITHIN_MS = 10_000;
/** Part of the period by which a heartbeat may come early or late. */
const JITTER = 0.1;
/** After one that was not sent: whether the way is open again costs nothing to find out. */
const RETRY_SECONDS = 30;

/** Sends heartbeats as long as it is not stopped. One that cannot be sent is not made up for. */
export class Heartbeats {
  readonly #ports: HeartbeatPorts;
  #cancel: () => void = () => undefined;
  #isStopped = false;
  /** Counts schedules, so that a heartbeat under way does not go on with one that was replaced. */
  #schedules = 0;
  #isFailing = false;

  constructor(ports: HeartbeatPorts) {
    this.#ports = ports;
  }

  start(): void {
    const { periodSeconds, random } = this.#ports;
    this.#schedule(random() * Math.min(FIRST_WITHIN_MS, 1_000 * periodSeconds()));
  }

  /** Goes by the period as it is now. */
  reschedule(): void {
    this.#cancel();
    this.#schedule(this.#delayMs());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #schedule(delayMs: number): void {
    const schedule = ++this.#schedules;
    if (this.#isStopped || this.#ports.periodSeconds() === 0) return;
    this.#cancel = this.#ports.clock.after(delayMs, () => {
      void this.#beat().finally(() => {
        if (schedule === this.#schedules) this.#schedule(this.#delayMs());
      });
    });
  }

  #delayMs(): number {
    const { periodSeconds, random } = this.#ports;
    const seconds = this.#isFailing ? Math.min(RETRY_SECONDS, periodSeconds()) : periodSeconds();
    return 1_000 * seconds * (1 - JITTER + 2 * JITTER * random());
  }

  async #beat(): Promise<void> {
    const { isRegistered, compose, send, periodSeconds, incidents, log } = this.#ports;
    const period = periodSeconds();
    if (period === 0 || !(await isRegistered())) return;
    try {
      await send(await compose(period));
      tellReachable(incidents);
      this.#isFailing = false;
    } catch (error) {
      if (this.#isFailing) log.debug({ error }, 'heartbeat.not-sent');
      tellUnreachable(incidents, error);
      this.#isFailing = true;
    }
  }
}
