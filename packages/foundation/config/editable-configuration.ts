import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { wireErrorOf } from '../errors/wire-error.ts';
import { foundationErrors } from '../errors.ts';
import type { ConfigurationProblem } from '../errors.ts';
import { isGroup, merged, valueToWrite } from './changed-configuration.ts';
import { maskedConfiguration, maskedPointers } from './masked-configuration.ts';
import { parseConfiguration } from './parse-configuration.ts';
import type { UnknownSettings } from './parse-configuration.ts';
import { schemaNode } from './schema-walk.ts';
import type { SchemaNode } from './schema-walk.ts';

/** A component's configuration as a form shows it, without secrets. */
export interface ConfigurationReport {
  readonly component: string;
  /** The settings, with their defaults and what they mean. */
  readonly schema: SchemaNode;
  /** The settings as the nucleus has them. */
  readonly given: unknown;
  /** The settings in the form of the schema, with defaults; as given if they are not valid. */
  readonly values: unknown;
  /** Why what is set is not valid. */
  readonly problems: readonly ConfigurationProblem[];
}

export interface EditableConfigurationOptions {
  readonly component: string;
  readonly schema: z.ZodType;
  /** The nucleus, which lets each component write its own configuration only. */
  readonly ipc: {
    getConfiguration(): Promise<unknown>;
    mergeConfiguration(keyPath: readonly string[], value: unknown): Promise<void>;
  };
  /** Throws if the component would not take a configuration although its schema does. */
  readonly check?: (raw: unknown) => unknown;
}

/** Reads a component's configuration for a form, and writes what somebody changes there. */
export class EditableConfiguration {
  readonly #options: EditableConfigurationOptions;
  readonly #schema: SchemaNode;

  constructor(options: EditableConfigurationOptions) {
    this.#options = options;
    this.#schema = schemaNode(options.schema);
  }

  /** @throws EdgeError `ipc.*` */
  async report(): Promise<ConfigurationReport> {
    return this.#reportOf(await this.#options.ipc.getConfiguration());
  }

  /**
   * Merges a change into the configuration; null takes a value away, so that its default holds.
   *
   * @param change settings by name, nested as in the configuration
   * @returns the configuration as it is then
   * @throws EdgeError `config.invalid` with every problem at once, and nothing is written; `config.not-taken`; `ipc.*`
   */
  async change(change: unknown): Promise<ConfigurationReport> {
    const { component, ipc, check } = this.#options;
    if (!isGroup(change)) throw this.#invalid([{ pointer: '/', message: 'expected a group of settings to merge' }]);
    if (Object.hasOwn(change, 'accessControl'))
      throw this.#invalid([{ pointer: '/accessControl', message: 'only a deployment can change it' }]);
    const masked = maskedPointers(change).map((at) => ({ pointer: at, message: MASKED }));
    if (masked.length > 0) throw this.#invalid(masked);
    const before = await ipc.getConfiguration();
    const write = valueToWrite(before ?? {}, change);
    const next = merged(before ?? {}, write);
    const wanted = this.#parse(next);
    const known = this.#unknownIn(before);
    const unknown = [...wanted.unknown].filter(([subject]) => !known.has(subject));
    if (unknown.length > 0)
      throw this.#invalid(
        unknown.map(([, facts]) => ({ pointer: String(facts['pointer']), message: facts.message ?? '' })),
      );
    await check?.(next);
    await ipc.mergeConfiguration([], write);
    const after = await ipc.getConfiguration();
    if (!isDeepStrictEqual(this.#parse(after).values, wanted.values)) {
      const message = `the nucleus has not taken the change of ${component}: a newer one stands against it, or the nucleus keeps what was to be taken away`;
      throw foundationErrors.error('config.not-taken', message, { facts: { component } });
    }
    return this.#reportOf(after);
  }

  #reportOf(raw: unknown): ConfigurationReport {
    const { component } = this.#options;
    const { accessControl: _accessControl, ...own } = isGroup(raw) ? raw : {};
    const given = maskedConfiguration(own, this.#schema);
    try {
      const values = maskedConfiguration(this.#parse(raw).values, this.#schema);
      return { component, schema: this.#schema, given, values, problems: [] };
    } catch (thrown) {
      const { problems } = wireErrorOf(thrown).facts as { readonly problems?: readonly ConfigurationProblem[] };
      return { component, schema: this.#schema, given, values: given, problems: problems ?? [] };
    }
  }

  /** @throws EdgeError `config.invalid` */
  #parse(raw: unknown): { readonly values: unknown; readonly unknown: UnknownSettings } {
    const { component, schema } = this.#options;
    let unknown: UnknownSettings = new Map();
    const values = parseConfiguration(schema, raw, { component, onUnknown: (found) => (unknown = found) });
    return { values: JSON.parse(JSON.stringify(values)), unknown };
  }

  #unknownIn(raw: unknown): UnknownSettings {
    try {
      return this.#parse(raw).unknown;
    } catch {
      return new Map();
    }
  }

  #invalid(problems: readonly ConfigurationProblem[]): Error {
    const { component } = this.#options;
    const lines = problems.map(({ pointer: at, message }) => `${at}: ${message}`).join('; ');
    const message = `the change of ${component} cannot be made: ${lines}`;
    return foundationErrors.error('config.invalid', message, { facts: { component, problems } });
  }
}

const MASKED = 'holds *** in place of a secret; enter the whole text, or leave it as it is';
