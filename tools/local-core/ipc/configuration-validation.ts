import { sleep } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import { Fault } from './fault.ts';
import type { EventStream } from './event-stream.ts';
import { StreamRegistry } from './stream-registry.ts';

/**
 * Lets components judge a configuration before it is deployed, as the nucleus does (`DynamicComponentConfigurationValidator`):
 * if none of the changed components has subscribed, all is accepted; if one has, the reports of all changed
 * components are waited for, and one that has not subscribed makes the deployment fail by time-out.
 */
export class ConfigurationValidation {
  readonly #clock: Clock;
  readonly #subscribers = new StreamRegistry();
  readonly #pending = new Map<string, (report: ValidityReport) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  subscribe(component: string, stream: EventStream): void {
    this.#subscribers.add(component, stream);
  }

  /** Throws the nucleus' faults: no deployment id, not asked or too late. */
  report(component: string, report: ValidityReport): void {
    if (report.deploymentId === undefined) {
      const message = 'Cannot accept configuration validity report, the deployment ID provided was null';
      throw new Fault('InvalidArgumentsError', message);
    }
    const key = pendingKey(component, report.deploymentId);
    const settle = this.#pending.get(key);
    if (!settle) throw new Fault('InvalidArgumentsError', 'Validation request either timed out or was never made');
    this.#pending.delete(key);
    settle(report);
  }

  /** Resolves with the reason of the first rejection or of the time-out; undefined if all accept. */
  async validate(
    deploymentId: string,
    changed: ReadonlyMap<string, unknown>,
    timeoutMs: number,
  ): Promise<string | undefined> {
    const components = [...changed.keys()];
    const asked = components.filter((component) => this.#subscribers.has(component));
    if (asked.length === 0) return undefined;
    const missing = new Set(components);
    const done = new AbortController();
    const verdict = new Promise<string | undefined>((resolve) => {
      for (const component of components) {
        this.#pending.set(pendingKey(component, deploymentId), (report) => {
          missing.delete(component);
          if (report.status === 'REJECTED')
            resolve(`${component} rejected its configuration: ${report.message ?? 'no reason given'}`);
          else if (missing.size === 0) resolve(undefined);
        });
      }
    });
    for (const component of asked) {
      const configuration = changed.get(component);
      this.#subscribers.send(component, { validateConfigurationUpdateEvent: { configuration, deploymentId } });
    }
    try {
      return await Promise.race([
        verdict,
        sleep(this.#clock, timeoutMs, done.signal).then(() => this.#timeoutReason(missing, asked, timeoutMs)),
      ]);
    } finally {
      done.abort();
      for (const component of components) this.#pending.delete(pendingKey(component, deploymentId));
    }
  }

  #timeoutReason(missing: ReadonlySet<string>, asked: readonly string[], timeoutMs: number): string {
    const names = [...missing].map((name) =>
      asked.includes(name) ? name : `${name} (has not subscribed to validation)`,
    );
    return `no validity report within ${timeoutMs} ms from ${names.join(', ')}`;
  }
}

export interface ValidityReport {
  readonly status: 'ACCEPTED' | 'REJECTED';
  readonly deploymentId?: string | undefined;
  readonly message?: string | undefined;
}

const pendingKey = (component: string, deploymentId: string): string => `${component}\n${deploymentId}`;
