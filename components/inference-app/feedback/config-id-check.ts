import { isDeepStrictEqual } from 'node:util';
import { closest, fullJitter, sleep } from '#packages/foundation';
import type { Clock, Incidents, Logger } from '#packages/foundation';
import type { FeedbackClient } from '#packages/http';

import { appErrors } from '../errors.ts';

export interface ConfigIdCheckOptions {
  readonly client: Pick<FeedbackClient, 'health'> | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
  readonly log: Logger;
}

const BACKOFF = { baseMs: 500, capMs: 30_000 };
const HEALTH_TIMEOUT_MS = 5_000;
/** A deployment that sets up both components reaches them in any order. */
const GRACE_MS = 5_000;
const LOOK_AGAIN_MS = 60_000;

/** Asks the uploader, as soon as it answers, whether it knows the ConfigIds that services name, and says so if it does not. */
export class ConfigIdCheck {
  readonly #options: ConfigIdCheckOptions;
  #current = new AbortController();
  #checked: ReadonlyMap<string, string> = new Map();

  constructor(options: ConfigIdCheckOptions) {
    this.#options = options;
  }

  /** Begins again, in the background; keeps going if the ids are the same. @param configIds service → ConfigId; services without one are left out */
  start(configIds: ReadonlyMap<string, string>): void {
    if (isDeepStrictEqual(configIds, this.#checked)) return;
    this.#checked = configIds;
    this.stop();
    if (configIds.size === 0) return;
    if (!this.#options.client) {
      const error = appErrors.error('app.no-feedback-socket', noSocket(configIds));
      return this.#options.log.error({ error }, 'feedback.no-socket');
    }
    this.#current = new AbortController();
    const { signal } = this.#current;
    void this.#check(this.#options.client, configIds, signal).catch((thrown: unknown) => {
      if (!signal.aborted) this.#options.log.error({ error: thrown }, 'feedback.check-failed');
    });
  }

  stop(): void {
    this.#current.abort(new Error('the check was stopped'));
  }

  async #check(
    client: Pick<FeedbackClient, 'health'>,
    configIds: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log } = this.#options;
    for (let looks = 0; ; looks++) {
      const known = await this.#known(client, signal);
      const unknown = [...configIds].filter(([, configId]) => !known.includes(configId));
      if (unknown.length === 0) return log.info({ services: Object.fromEntries(configIds) }, 'feedback.ready');
      if (looks === 1) for (const [service, configId] of unknown) this.#tell(service, configId, known);
      await sleep(clock, looks === 0 ? GRACE_MS : LOOK_AGAIN_MS, signal);
    }
  }

  async #known(client: Pick<FeedbackClient, 'health'>, signal: AbortSignal): Promise<readonly string[]> {
    const { clock, random, incidents } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        const { status, configurations } = await client.health({ timeoutMs: HEALTH_TIMEOUT_MS, signal });
        if (status === 'ok' || status === 'degraded') {
          incidents.resolved('the feedback uploader', 'feedback.answers');
          return configurations;
        }
      } catch (thrown) {
        signal.throwIfAborted();
        incidents.opened('the feedback uploader', 'feedback.not-there', { error: thrown });
      }
      await sleep(clock, fullJitter(BACKOFF, attempt, random), signal);
    }
  }

  #tell(service: string, configId: string, known: readonly string[]): void {
    const suggestion = closest(configId, known);
    const names = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
    const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}`;
    const message = `the feedback uploader has no configuration ${configId}, which /Services/${service}/MLFeedbackConnectorConfigId names: ${names}${hint}. Inferences of ${service} are not kept`;
    const error = appErrors.error('app.unknown-feedback-config', message, { facts: { service, configId, known } });
    this.#options.log.error({ error, service, configId, known }, 'feedback.unknown-config');
  }
}

function noSocket(configIds: ReadonlyMap<string, string>): string {
  const services = [...configIds.keys()].join(', ');
  return `EDGEML_FEEDBACK_SOCKET is not set: inferences of ${services} cannot be given to the feedback uploader`;
}
