import { readFile } from 'node:fs/promises';
import { writeAtomically } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import type { DeviceRegistration, Provider } from './provider.ts';

export interface RegistrationPorts {
  /** Keeps the answer over restarts. */
  readonly file: string;
  readonly provider: Pick<Provider, 'deviceRegistration'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** While the provider gives no answer it is asked again after this time. */
const ASK_AGAIN_MS = 60_000;

/**
 * Whether the device is registered. The provider's answer holds for as long as it says, also over a restart and without a
 * network; after that the last answer holds until there is a new one. Before the first the device counts as registered.
 */
export class RegistrationCache {
  readonly #ports: RegistrationPorts;
  #known: KnownRegistration | undefined;
  #askAfter = 0;
  #asking: Promise<void> | undefined;

  constructor(ports: RegistrationPorts) {
    this.#ports = ports;
  }

  async open(): Promise<void> {
    const text = await readFile(this.#ports.file, 'utf8').catch(() => undefined);
    this.#known = text === undefined ? undefined : knownOf(text);
    if (this.#known) this.#askAfter = this.#known.validUntil;
  }

  async isActive(): Promise<boolean> {
    if (this.#ports.clock.now() >= this.#askAfter) await (this.#asking ??= this.#ask());
    return this.#known?.active ?? true;
  }

  async #ask(): Promise<void> {
    const { provider, clock, log } = this.#ports;
    try {
      await this.#learn(await provider.deviceRegistration());
    } catch (error) {
      this.#askAfter = clock.now() + ASK_AGAIN_MS;
      log.debug({ error, lastKnown: this.#known }, 'device.registration-unknown');
    } finally {
      this.#asking = undefined;
    }
  }

  async #learn({ active, ttlSeconds }: DeviceRegistration): Promise<void> {
    const { clock, log, file } = this.#ports;
    const before = this.#known?.active;
    const validUntil = clock.now() + 1_000 * Math.max(1, Math.min(ttlSeconds, MAX_TTL_S));
    this.#known = { active, validUntil };
    this.#askAfter = validUntil;
    if (!active) log.error({ ttlSeconds }, 'device.not-registered');
    else if (before === false) log.info({}, 'device.registered');
    await writeAtomically(file, JSON.stringify(this.#known), { fsync: 'folder' }).catch((error: unknown) =>
      log.warn({ error, file }, 'device.registration-not-kept'),
    );
  }
}

interface KnownRegistration {
  readonly active: boolean;
  /** Milliseconds since the epoch. */
  readonly validUntil: number;
}

const MAX_TTL_S = 365 * 86_400;

function knownOf(text: string): KnownRegistration | undefined {
  try {
    const { active, validUntil } = JSON.parse(text) as Partial<KnownRegistration>;
    return typeof active === 'boolean' && typeof validUntil === 'number' ? { active, validUntil } : undefined;
  } catch {
    return undefined;
  }
}
