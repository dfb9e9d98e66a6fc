import { fullJitter } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';
import type { AgentClient, ModelStatus } from '#packages/http';

import { appErrors } from '../errors.ts';
import type { Patience } from './inference-retrier.ts';
import type { Waker } from './waker.ts';

export interface ActiveServicesOptions {
  readonly agent: Pick<AgentClient, 'models'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
  readonly waker: Waker;
}

const BACKOFF = { baseMs: 250, capMs: 5_000 };
/** The list is asked for again after this long; activations are told sooner, by events. */
const FRESH_MS = 2_000;

/** The services that a source without a list of its own asks: every active model. */
export class ActiveServices {
  readonly #options: ActiveServicesOptions;
  #known: { readonly services: readonly ActiveService[]; readonly at: number } | undefined;

  constructor(options: ActiveServicesOptions) {
    this.#options = options;
  }

  /** The agent's models have changed. */
  forget(): void {
    this.#known = undefined;
  }

  /**
   * At least one service; waits until there is one.
   *
   * @param task only models for it; empty: any
   * @throws EdgeError `service.no-model` when patience ends; the signal's reason when aborted.
   */
  async list({ signal, waitMs }: Patience, task = ''): Promise<readonly string[]> {
    const { clock, random, incidents, waker } = this.#options;
    const startedAt = clock.monotonic();
    for (let attempt = 0; ; attempt++) {
      const active = await this.#current(signal);
      const services = active.filter((one) => task === '' || one.task === task).map(({ alias }) => alias);
      if (services.length > 0) {
        incidents.resolved('any service', 'service.answers-again');
        return services;
      }
      if (this.#known) incidents.opened('any service', 'service.no-model', { message: noModel(task).message });
      const delayMs = fullJitter(BACKOFF, attempt, random);
      if (clock.monotonic() - startedAt + delayMs > waitMs) throw noModel(task);
      await waker.sleep(clock, delayMs, signal);
    }
  }

  async #current(signal: AbortSignal): Promise<readonly ActiveService[]> {
    const { agent, clock, incidents } = this.#options;
    if (this.#known && clock.monotonic() - this.#known.at < FRESH_MS) return this.#known.services;
    try {
      const models = await agent.models({ signal, timeoutMs: 5_000 });
      const services = models.filter(({ state }) => state === 'active');
      this.#known = { services, at: services.length > 0 ? clock.monotonic() : -Infinity };
      return services;
    } catch (thrown) {
      signal.throwIfAborted();
      this.#known = undefined;
      incidents.opened('any service', 'agent.not-ready', { error: thrown });
      return [];
    }
  }
}

type ActiveService = Pick<ModelStatus, 'alias' | 'task'>;

function noModel(task: string): Error {
  const kind = task === '' ? '' : ` for ${task}`;
  const message = `the agent has no active model${kind}; deploy a model component, e.g. edgeml.model.PartsDetector`;
  return appErrors.error('service.no-model', message);
}
