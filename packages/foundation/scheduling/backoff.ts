import type { Clock } from '../clock/clock.ts';
import { fullJitter } from './full-jitter.ts';

export interface BackoffPorts {
  readonly clock: Clock;
  readonly random: () => number;
}

/** Waits longer after each failure in a row, with full jitter. */
export class Backoff {
  readonly #ports: BackoffPorts;
  readonly #baseMs: number;
  #failures = 0;
  #until = -Infinity;

  constructor(ports: BackoffPorts, baseMs: number) {
    this.#ports = ports;
    this.#baseMs = baseMs;
  }

  get failures(): number {
    return this.#failures;
  }

  get msLeft(): number {
    return Math.max(0, this.#until - this.#ports.clock.monotonic());
  }

  failed(capMs: number): void {
    const { clock, random } = this.#ports;
    this.#until = clock.monotonic() + fullJitter({ baseMs: this.#baseMs, capMs }, this.#failures, random);
    this.#failures++;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#until = -Infinity;
  }
}
