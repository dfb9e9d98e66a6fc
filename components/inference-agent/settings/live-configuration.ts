import { isDeepStrictEqual } from 'node:util';
import { parseConfiguration, refusalOfUnknown, wireErrorOf } from '#packages/foundation';
import type { Logger, LogLevel, UnknownSettings, WireError } from '#packages/foundation';

import { agentConfiguration } from '../config.ts';
import type { AgentConfiguration } from '../config.ts';
import { KEYS_WITHOUT_EFFECT } from './edge-manager-keys.ts';

export const COMPONENT = 'edgeml.InferenceAgent';

/** Settings that are looked at only when the agent starts. */
const AT_START: readonly (keyof AgentConfiguration)[] = [
  'AdminSocketMode',
  'SocketFolder',
  'OpenInferenceListener',
  'LogFile',
  'CloudProvider',
  'CloudProviderPath',
];

/** Lowest level that is logged; Edge Manager had a switch for it. */
export function logLevel({ LogLevel, SagemakerEdgeLogVerbose: verbose }: AgentConfiguration): LogLevel {
  return verbose ? 'debug' : LogLevel;
}

export type ApplyResult =
  | { readonly applied: true; readonly changed: boolean; readonly restartNeeded: readonly string[] }
  | { readonly applied: false; readonly error: WireError };

/** The configuration as it stands; what is not valid never takes the place of what is. */
export class LiveConfiguration {
  readonly #log: Logger;
  readonly #first: AgentConfiguration;
  #current: AgentConfiguration;
  #unknown: UnknownSettings = new Map();

  /** @throws EdgeError `config.invalid` */
  constructor(raw: unknown, log: Logger) {
    this.#log = log;
    this.#first = this.#parse(raw);
    this.#current = this.#first;
    this.#warnAboutKeysWithoutEffect();
  }

  get current(): AgentConfiguration {
    return this.#current;
  }

  /** Settings of the current one that no schema knows. */
  get unknown(): UnknownSettings {
    return this.#unknown;
  }

  apply(raw: unknown): ApplyResult {
    try {
      const next = this.#parse(raw);
      const changed = !isDeepStrictEqual(next, this.#current);
      this.#current = next;
      if (changed) this.#warnAboutKeysWithoutEffect();
      const restartNeeded = AT_START.filter((key) => !isDeepStrictEqual(next[key], this.#first[key]));
      return { applied: true, changed, restartNeeded };
    } catch (thrown) {
      return { applied: false, error: wireErrorOf(thrown) };
    }
  }

  /** A configuration as it would be if it were applied; nothing changes. @throws EdgeError `config.invalid` */
  preview(raw: unknown): AgentConfiguration {
    return parseConfiguration(agentConfiguration, raw, { component: COMPONENT });
  }

  /** Why the keys that nobody knows keep a configuration from being taken; undefined if they were there before. */
  refusalOfUnknown(raw: unknown): string | undefined {
    let unknown: UnknownSettings = new Map();
    parseConfiguration(agentConfiguration, raw, { component: COMPONENT, onUnknown: (found) => (unknown = found) });
    return refusalOfUnknown(this.#unknown, unknown);
  }

  #parse(raw: unknown): AgentConfiguration {
    return parseConfiguration(agentConfiguration, raw, {
      component: COMPONENT,
      onUnknown: (unknown) => (this.#unknown = unknown),
    });
  }

  #warnAboutKeysWithoutEffect(): void {
    const keys = KEYS_WITHOUT_EFFECT.filter((key) => Boolean(this.#current[key]));
    if (keys.length > 0) this.#log.warn({ keys }, 'configuration.without-effect');
  }
}
