import { sleep } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import { Fault } from './fault.ts';
import type { EventStream } from './event-stream.ts';
import { StreamRegistry } from './stream-registry.ts';

/**
 * Asks components before an update and hears their deferrals, as the nucleus does (`UpdateSystemPolicyService`):
 * every subscriber is asked, silence is waited for up to the policy's time-out, the longest deferral is waited out,
 * then all are asked again, until nobody defers. A component that has gone away may come back and answer.
 */
export class ComponentUpdates {
  readonly #clock: Clock;
  readonly #subscribers = new StreamRegistry();
  #round: Round | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  subscribe(component: string, stream: EventStream): void {
    this.#subscribers.add(component, stream);
  }

  /** Throws the nucleus' faults: not subscribed, no deployment id, too late. */
  defer(component: string, request: DeferRequest): void {
    if (!this.#subscribers.has(component)) {
      throw new Fault('InvalidArgumentsError', 'Component is not subscribed to component update events');
    }
    if (request.deploymentId === undefined) {
      throw new Fault('InvalidArgumentsError', 'Cannot defer the update, the deployment ID provided was null');
    }
    if (this.#round?.deploymentId !== request.deploymentId || !this.#round.unanswered.delete(component)) {
      throw new Fault('ServiceError', 'Time limit to respond to PreComponentUpdateEvent exceeded');
    }
    this.#round.answer(component, request.recheckAfterMs);
  }

  /**
   * Resolves when nobody defers any more. `timeoutMs` bounds the wait for answers of one round, not the deferrals.
   * Rejects with the signal's reason.
   */
  async before(deploymentId: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const deferMs = await this.#ask(deploymentId, timeoutMs, signal);
      if (deferMs <= 0) return;
      await sleep(this.#clock, deferMs, signal);
    }
  }

  after(deploymentId: string): void {
    for (const component of this.#subscribers.components) {
      this.#subscribers.send(component, { postUpdateEvent: { deploymentId } });
    }
  }

  /** One round: resolves with the longest deferral. */
  async #ask(deploymentId: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<number> {
    const asked = this.#subscribers.components;
    if (asked.length === 0) return 0;
    const waiting = new Set(asked);
    let longestMs = 0;
    const answered = new Promise<void>((resolve) => {
      this.#round = {
        deploymentId,
        unanswered: new Set(asked),
        answer: (component, recheckAfterMs) => {
          // An answer without a time is not an answer: the nucleus continues waiting for the time-out.
          if (recheckAfterMs === undefined) return;
          longestMs = Math.max(longestMs, recheckAfterMs);
          waiting.delete(component);
          if (waiting.size === 0) resolve();
        },
      };
    });
    for (const component of asked) {
      this.#subscribers.send(component, { preUpdateEvent: { deploymentId, isGgcRestarting: false } });
    }
    const timeout = new AbortController();
    const limit = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
    try {
      await Promise.race([answered, sleep(this.#clock, timeoutMs, limit)]);
    } finally {
      timeout.abort();
      this.#round = undefined;
    }
    return longestMs;
  }
}

export interface DeferRequest {
  readonly deploymentId?: string | undefined;
  readonly message?: string | undefined;
  readonly recheckAfterMs?: number | undefined;
}

interface Round {
  readonly deploymentId: string;
  readonly unanswered: Set<string>;
  answer(component: string, recheckAfterMs: number | undefined): void;
}
