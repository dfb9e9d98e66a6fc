import type { Clock } from '#packages/foundation';

import type { CredentialProvider, Credentials } from './provider.ts';

/** Credentials are renewed this long before they expire, as the nucleus does. */
const RENEW_BEFORE_MS = 300_000;

/** Keeps credentials until shortly before they expire; callers that come together share one fetch. Failures are not kept. */
export class CredentialCache {
  readonly #provider: CredentialProvider;
  readonly #clock: Clock;
  #held: Credentials | undefined;
  #fetching: Promise<Credentials> | undefined;

  constructor(provider: CredentialProvider, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  async get(signal: AbortSignal): Promise<Credentials> {
    if (this.#held && this.#clock.now() < this.#held.expiresAt - RENEW_BEFORE_MS) return this.#held;
    this.#fetching ??= this.#fetch(signal);
    this.#held = await this.#fetching;
    return this.#held;
  }

  /** If the provider does not heed the signal, the next caller asks it again all the same. */
  #fetch(signal: AbortSignal): Promise<Credentials> {
    const forget = (): void => {
      if (this.#fetching === fetching) this.#fetching = undefined;
    };
    const fetching = this.#provider(signal).finally(forget);
    signal.addEventListener('abort', forget, { once: true });
    return fetching;
  }
}
