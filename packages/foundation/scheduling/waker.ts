import { sleep } from '../clock/clock.ts';
import type { Clock } from '../clock/clock.ts';

/** Sleep that can be cut short for all sleepers: when something has happened that they wait for. */
export class Waker {
  readonly #sleepers = new Set<() => void>();

  /** Resolves after `ms` or when woken. @throws the reason of `signal` when aborted. */
  async sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    const rise = (): void => early.abort();
    this.#sleepers.add(rise);
    signal.addEventListener('abort', rise, { once: true });
    await sleep(clock, ms, early.signal).catch(() => undefined);
    this.#sleepers.delete(rise);
    signal.removeEventListener('abort', rise);
    signal.throwIfAborted();
  }

  wake(): void {
    for (const rise of [...this.#sleepers]) rise();
  }
}
