import { fullJitter } from '#packages/foundation';
import type { Clock, Incidents, Waker } from '#packages/foundation';
import type { AgentClient } from '#packages/http';

import { appErrors } from '../errors.ts';
import type { ActiveChoice } from './active-choice.ts';
import type { AwaitedServices } from './awaited-services.ts';
import type { Patience } from './inference-retrier.ts';
import type { KnownService, KnownServices } from './known-services.ts';

export interface ActiveServicesOptions {
  readonly agent: Pick<AgentClient, 'health' | 'models'>;
  readonly known: KnownServices;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
  readonly awaited: AwaitedServices;
  readonly waker: Waker;
}

/** Subject of incidents that are not about one service. */
export const ANY_SERVICE = 'any service';

/** Subject of the incident that several models could answer, and one does. */
function severalSubject(task: string): string {
  return `models for ${task}`;
}

const ANY: ActiveChoice = { task: '', isOne: false };
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
  /** Tasks that one model alone answers for. */
  readonly #chosen = new Set<string>();

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
   * @throws EdgeError `service.no-model` when patience ends; the signal's reason when aborted.
   */
  async list({ signal, waitMs }: Patience, choice: ActiveChoice = ANY): Promise<readonly string[]> {
    const { clock, random, awaited, known, waker } = this.#options;
    const startedAt = clock.monotonic();
    for (let attempt = 0; ; attempt++) {
      const hasAnswered = await this.#refresh(signal);
      const services = hasAnswered ? wantedOf(known.all, choice.task) : [];
      if (services.length > 0) {
        awaited.answers(ANY_SERVICE);
        return choice.isOne ? this.#oneOf(services, choice) : services;
      }
      if (hasAnswered) awaited.waits(ANY_SERVICE, 'service.no-model', { message: noModel(choice).message });
      const delayMs = fullJitter(BACKOFF, attempt, random);
      if (clock.monotonic() - startedAt + delayMs > waitMs) throw noModel(choice);
      await waker.sleep(clock, delayMs, signal);
    }
  }

  /** Nobody asks for one model alone any more. */
  forgetChoices(): void {
    for (const task of this.#chosen) this.#options.incidents.forget(severalSubject(task));
    this.#chosen.clear();
  }

  /** The one that has been there longest, so that a further model does not take its place; the others are named. */
  #oneOf([first, ...others]: readonly string[], { task }: ActiveChoice): readonly string[] {
    if (first === undefined) return [];
    this.#chosen.add(task);
    const message = `${first} answers alone for ${task}: a result does not say which model it is from. Also active: ${others.join(', ')}. Name the one that is meant in ModelResourceKey`;
    const todo =
      'Set ModelResourceKey of edgeml.InferenceApp to {"model": "<service>"}, or keep one model of the kind.';
    const facts = { service: first, others, message, todo };
    this.#options.incidents.set(severalSubject(task), 'app.several-models', others.length > 0 ? facts : undefined);
    return [first];
  }

  /** Whether a service that does not answer may still come; asks the agent. */
  async mayCome(service: string, signal: AbortSignal): Promise<boolean> {
    await this.#refresh(signal);
    return this.#options.known.has(service);
  }

  /** Whether the agent has told what it has, now or just before. */
  async #refresh(signal: AbortSignal): Promise<boolean> {
    const { agent, clock, awaited, known } = this.#options;
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
      awaited.waits(ANY_SERVICE, 'agent.not-ready', { error: thrown });
      return false;
    }
  }
}

/** None while a service whose task is not known may be for this one. */
function wantedOf(known: readonly KnownService[], task: string): readonly string[] {
  if (task !== '' && known.some((one) => one.task === undefined)) return [];
  return known.filter((one) => task === '' || one.task === task).map(({ alias }) => alias);
}

const EXAMPLES: Readonly<Record<string, string>> = {
  'image-classification': 'PartsClassifier',
  'instance-segmentation': 'PartsSegmenter',
  anomaly: 'GearInspector',
};

function noModel({ task }: ActiveChoice): Error {
  const kind = task === '' ? '' : ` for ${task}`;
  const example = EXAMPLES[task] ?? 'PartsDetector';
  const message = `the agent does not have an active model${kind}; deploy a model component, e.g. edgeml.model.${example}`;
  return appErrors.error('service.no-model', message);
}
