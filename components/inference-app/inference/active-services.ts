import { fullJitter } from '#packages/foundation';
import type { Clock, Incidents, Waker } from '#packages/foundation';
import type { AgentClient } from '#packages/http';

import { appErrors } from '../errors.ts';
import type { Patience } from './inference-retrier.ts';
import type { KnownService, KnownServices } from './known-services.ts';

export interface ActiveServicesOptions {
  readonly agent: Pick<AgentClient, 'health' | 'models'>;
  readonly known: KnownServices;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
  readonly waker: Waker;
}

/** Subject of incidents that are not about one service. */
export const ANY_SERVICE = 'any service';

const BACKOFF = { baseMs: 250, capMs: 5_000 };
/** The agent is asked again after this long; activations are told sooner, by events. */
const FRESH_MS = 2_000;
const CALL_MS = 5_000;

/**
 * The services that a source without a list of its own asks: every model that serves, even one that is retiring, every model that
 * the agent is restoring or loading, and those that served before a restart and may come back.
 */
export class ActiveServices {
  readonly #options: ActiveServicesOptions;
  /** Monotonic time of the agent's last answer that named a service. */
  #freshAt = -Infinity;

  constructor(options: ActiveServicesOptions) {
    this.#options = options;
  }

  /** The agent's models have changed. */
  forget(): void {
    this.#freshAt = -Infinity;
  }

  /**
   * At least one service; waits until there is one.
   *
   * @param task only models for it; empty: any
   * @throws EdgeError `service.no-model` when patience ends; the signal's reason when aborted.
   */
  async list({ signal, waitMs }: Patience, task = ''): Promise<readonly string[]> {
    const { clock, random, incidents, known, waker } = this.#options;
    const startedAt = clock.monotonic();
    for (let attempt = 0; ; attempt++) {
      const hasAnswered = await this.#refresh(signal);
      const services = hasAnswered ? wantedOf(known.all, task) : [];
      if (services.length > 0) {
        incidents.resolved(ANY_SERVICE, 'service.answers-again');
        return services;
      }
      if (hasAnswered)
        incidents.opened(ANY_SERVICE, 'service.no-model', { message: noModel(task).message, severity: 'error' });
      const delayMs = fullJitter(BACKOFF, attempt, random);
      if (clock.monotonic() - startedAt + delayMs > waitMs) throw noModel(task);
      await waker.sleep(clock, delayMs, signal);
    }
  }

  /** Whether a service that does not answer may still come; asks the agent. */
  async mayCome(service: string, signal: AbortSignal): Promise<boolean> {
    await this.#refresh(signal);
    return this.#options.known.has(service);
  }

  /** Whether the agent has told what it has, now or just before. */
  async #refresh(signal: AbortSignal): Promise<boolean> {
    const { agent, clock, incidents, known } = this.#options;
    if (clock.monotonic() - this.#freshAt < FRESH_MS) return true;
    try {
      // In this order: a model that arrives in between is in both.
      const { status, expected = [] } = await agent.health({ signal, timeoutMs: CALL_MS });
      const models = await agent.models({ signal, timeoutMs: CALL_MS });
      known.update([...expected.map((alias) => ({ alias })), ...models], ['ok', 'degraded'].includes(status));
      if (known.all.length > 0) this.#freshAt = clock.monotonic();
      return true;
    } catch (thrown) {
      signal.throwIfAborted();
      this.forget();
      incidents.opened(ANY_SERVICE, 'agent.not-ready', { error: thrown, severity: 'error' });
      return false;
    }
  }
}

/** None while a service whose task is not known may be for this one. */
function wantedOf(known: readonly KnownService[], task: string): readonly string[] {
  if (task !== '' && known.some((one) => one.task === undefined)) return [];
  return known.filter((one) => task === '' || one.task === task).map(({ alias }) => alias);
}

function noModel(task: string): Error {
  const kind = task === '' ? '' : ` for ${task}`;
  const message = `the agent has no active model${kind}; deploy a model component, e.g. edgeml.model.PartsDetector`;
  return appErrors.error('service.no-model', message);
}
