import { messageOf } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';

export interface CloudCheckPorts {
  /** Seconds; 0: none. Read again before each check. */
  readonly periodSeconds: () => number;
  /** Whether the device talks to AWS IoT Core at all. */
  readonly isWanted: () => Promise<boolean>;
  /** Publishes something small with MQTT quality 0, which the nucleus refuses while it is offline; other qualities wait in its spool. */
  readonly publish: () => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
}

const SUBJECT = 'AWS IoT Core';
const TODO =
  'Look at the network of the device and at the log of the nucleus; what has MQTT quality 1 waits there and is sent later.';

/** Tells that nothing reaches the cloud, in the words that heartbeats and checks share. */
export function tellUnreachable(incidents: Incidents, error: unknown): void {
  const message = `nothing reaches the cloud over MQTT: ${messageOf(error)}`;
  incidents.opened(SUBJECT, 'heartbeat.not-sent', { error, message, todo: TODO, severity: 'error' });
}

export function tellReachable(incidents: Incidents): void {
  incidents.resolved(SUBJECT, 'heartbeat.recovered');
}

/** Finds out whether the broker is there, more often than heartbeats do, and without them. */
export class CloudCheck {
  readonly #ports: CloudCheckPorts;
  #cancel: () => void = () => undefined;
  #isStopped = false;
  /** Counts schedules, so that a check under way does not go on with one that was replaced. */
  #schedules = 0;

  constructor(ports: CloudCheckPorts) {
    this.#ports = ports;
  }

  /** Begins, or goes by the period as it is now; the first check is at a random time, since devices get their power back together. */
  start(): void {
    this.#cancel();
    this.#schedule(this.#ports.random());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #schedule(share: number): void {
    const schedule = ++this.#schedules;
    const seconds = this.#ports.periodSeconds();
    if (this.#isStopped || seconds === 0) return;
    this.#cancel = this.#ports.clock.after(1_000 * seconds * share, () => {
      void this.#check().finally(() => {
        if (schedule === this.#schedules) this.#schedule(1);
      });
    });
  }

  async #check(): Promise<void> {
    const { isWanted, publish, incidents } = this.#ports;
    if (!(await isWanted())) return;
    await publish().then(
      () => tellReachable(incidents),
      (error: unknown) => tellUnreachable(incidents, error),
    );
  }
}
