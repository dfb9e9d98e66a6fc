import type { Incidents } from '../log/incidents.ts';
import { messageOf } from '../errors/edge-error.ts';
import { refusalOfUnknown, UNKNOWN_KEY } from './parse-configuration.ts';
import type { UnknownSettings } from './parse-configuration.ts';

/** @throws EdgeError `config.invalid` */
type ReadConfiguration<Configuration> = (raw: unknown, onUnknown: (unknown: UnknownSettings) => void) => Configuration;

/** The configuration that holds. An invalid one never takes its place, and each key that no schema knows is an incident. */
export class CurrentConfiguration<Configuration> {
  readonly #read: ReadConfiguration<Configuration>;
  readonly #incidents: Incidents;
  #unknown: UnknownSettings = new Map();
  #value: Configuration;

  /** @throws EdgeError `config.invalid` */
  constructor(raw: unknown, read: ReadConfiguration<Configuration>, incidents: Incidents) {
    this.#read = read;
    this.#incidents = incidents;
    this.#value = this.#take(raw);
  }

  get value(): Configuration {
    return this.#value;
  }

  /** @throws EdgeError `config.invalid`; the configuration before then holds */
  replace(raw: unknown): Configuration {
    this.#value = this.#take(raw);
    return this.#value;
  }

  /** Whether a configuration could take its place; nothing changes. @throws EdgeError `config.invalid` if not */
  check(raw: unknown): void {
    this.#read(raw, () => undefined);
  }

  /** Why a deployment must not bring this configuration; undefined if it may. */
  refusalOf(raw: unknown): string | undefined {
    try {
      let unknown: UnknownSettings = new Map();
      this.#read(raw, (found) => (unknown = found));
      return refusalOfUnknown(this.#unknown, unknown);
    } catch (thrown) {
      return messageOf(thrown);
    }
  }

  #take(raw: unknown): Configuration {
    return this.#read(raw, (unknown) => {
      this.#unknown = unknown;
      this.#incidents.replace(UNKNOWN_KEY, unknown);
    });
  }
}
