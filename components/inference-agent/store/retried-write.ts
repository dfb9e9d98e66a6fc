import { fullJitter } from '#packages/foundation';
import type { Clock, EdgeError } from '#packages/foundation';
import { isEdgeError, messageOf } from '#packages/foundation';
import { agentErrors } from '../errors.ts';

export interface RetriedWritePorts {
  readonly clock: Clock;
  readonly random: () => number;
  /** Writes what is to be on the disk now. */
  readonly write: () => Promise<void>;
  /** Runs a repetition, for writes that must not meet others. Default: at once. */
  readonly inTurn?: (again: () => Promise<void>) => Promise<void>;
  /** It was asked for and failed; it continues being tried. Not called for repetitions. */
  readonly onFailed: (error: EdgeError) => void;
  /** It succeeded after it had failed. */
  readonly onRecovered: () => void;
}

const DELAY = { baseMs: 2_000, capMs: 5 * 60_000 } as const;
const SHORTEST_DELAY_MS = 500;

/** A write that is tried until it succeeds, with backoff: a disk that is full now has room again some day. */
export class RetriedWrite {
  readonly #ports: RetriedWritePorts;
  #problem: EdgeError | undefined;
  #failures = 0;
  #closed = false;
  #cancel: () => void = () => undefined;

  constructor(ports: RetriedWritePorts) {
    this.#ports = ports;
  }

  /** Why the disk does not hold what it should; undefined if it does. */
  get problem(): EdgeError | undefined {
    return this.#problem;
  }

  /** Writes at once. Never rejects. */
  async now(): Promise<void> {
    this.#failures = 0;
    await this.#try();
    if (this.#problem) this.#ports.onFailed(this.#problem);
  }

  /** No more repetitions; a last one is made if the disk does not hold what it should. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    if (this.#problem) await this.#try();
  }

  async #try(): Promise<void> {
    const { write, onRecovered } = this.#ports;
    this.#cancel();
    const failedBefore = this.#problem !== undefined;
    try {
      await write();
      this.#problem = undefined;
    } catch (thrown) {
      this.#problem = writeError(thrown);
      this.#tryLater();
    }
    if (failedBefore && !this.#problem) onRecovered();
  }

  #tryLater(): void {
    if (this.#closed) return;
    const { clock, random, inTurn = (again) => again() } = this.#ports;
    const delayMs = Math.max(SHORTEST_DELAY_MS, fullJitter(DELAY, this.#failures++, random));
    this.#cancel = clock.after(delayMs, () => {
      void inTurn(async () => {
        if (this.#problem && !this.#closed) await this.#try();
      });
    });
  }
}

function writeError(thrown: unknown): EdgeError {
  if (isEdgeError(thrown)) return thrown;
  return agentErrors.error('store.write-failed', `cannot write: ${messageOf(thrown)}`, { cause: thrown });
}
