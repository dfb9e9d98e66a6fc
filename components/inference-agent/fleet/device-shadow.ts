import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { fittingState, isNews, readDeviceState, stateUpdates } from '#packages/heartbeat';
import type { DeviceState } from '#packages/heartbeat';

export interface DeviceShadowPorts {
  /** Reads and keeps the text of the state that the shadow holds, so that a restart is not news. */
  readonly memory: { readonly read: () => Promise<string | undefined>; readonly keep: (text: string) => Promise<void> };
  /** Longest time between two reports; 0: none. Read again before each look. */
  readonly periodSeconds: () => number;
  readonly isWanted: () => Promise<boolean>;
  /** The state now, from that at the last look, or from the last report before the agent started. */
  readonly compose: (before: DeviceState | undefined) => Promise<DeviceState>;
  /** With MQTT quality 1: the last word must arrive, and the nucleus keeps it while the device is offline. */
  readonly publish: (update: string) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** How often the state is looked at. A value that wavers faster is told as it is at that moment. */
const LOOK_SECONDS = 60;
/** Share of the period by which a report comes early, so that a fleet that was installed together does not report together. */
const SPREAD = 0.2;

/** Tells the fleet the state of the device when it changes, and once in a long period. */
export class DeviceShadow {
  readonly #ports: DeviceShadowPorts;
  #said: DeviceState | undefined;
  #latest: DeviceState | undefined;
  #isRead = false;
  #isStopped = false;
  #looks = 0;
  #cancel: () => void = () => undefined;

  constructor(ports: DeviceShadowPorts) {
    this.#ports = ports;
  }

  /** Begins, or goes by the period as it is now. */
  start(): void {
    this.#cancel();
    this.#schedule(LOOK_SECONDS * this.#ports.random());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #schedule(seconds: number): void {
    const look = ++this.#looks;
    if (this.#isStopped || this.#ports.periodSeconds() === 0) return;
    this.#cancel = this.#ports.clock.after(1_000 * seconds, () => {
      void this.#look().finally(() => {
        if (look === this.#looks) this.#schedule(LOOK_SECONDS);
      });
    });
  }

  async #look(): Promise<void> {
    const { isWanted, compose, publish, log } = this.#ports;
    try {
      if (!(await isWanted())) return;
      await this.#readOnce();
      const whole = await compose(this.#latest ?? this.#said);
      this.#latest = whole;
      const now = fittingState(whole);
      if (this.#said && !isNews(this.#said, now) && !this.#isDue(this.#said, now)) return;
      for (const update of stateUpdates(this.#said, now)) await publish(update);
      this.#said = now;
      await this.#remember(now);
    } catch (error) {
      // Heartbeats and checks tell that the cloud cannot be reached; the next look tries again.
      log.debug({ error }, 'device-state.not-sent');
    }
  }

  #isDue(said: DeviceState, now: DeviceState): boolean {
    const { periodSeconds, random } = this.#ports;
    // A clock that was set back must not silence the device.
    return Math.abs(now.at - said.at) >= periodSeconds() * (1 - SPREAD * random());
  }

  async #readOnce(): Promise<void> {
    if (this.#isRead) return;
    this.#said = await this.#ports.memory
      .read()
      .then((text) => readDeviceState(JSON.parse(text ?? 'null')))
      .catch(() => undefined);
    this.#isRead = true;
  }

  async #remember(state: DeviceState): Promise<void> {
    await this.#ports.memory.keep(JSON.stringify(state)).catch((error: unknown) => {
      this.#ports.log.warn({ reason: messageOf(error) }, 'device-state.not-kept');
    });
  }
}
