import type { Clock } from '#packages/foundation';

import { ipcErrors } from '../errors.ts';
import type { Caller } from './caller.ts';
import { isMissing } from './fault-to-error.ts';

/** Reads and writes configuration, around the traps of both nuclei. */
export class ConfigurationAccess {
  readonly #caller: Caller;
  readonly #clock: Clock;
  #lastTimestampMs = 0;

  constructor(caller: Caller, clock: Clock) {
    this.#caller = caller;
    this.#clock = clock;
  }

  /**
   * The value at `keyPath`, undefined if nothing is. A single value comes as `{name: value}`, which looks like a group with one
   * setting; so the group above is asked for.
   */
  async read(keyPath: readonly string[], component?: string): Promise<unknown> {
    const leaf = keyPath.at(-1);
    const request = { keyPath: keyPath.slice(0, -1), ...(component === undefined ? {} : { componentName: component }) };
    try {
      const answer = (await this.#caller.call('GetConfiguration', request, component)) as { value?: unknown };
      if (leaf === undefined) return answer.value;
      return (answer.value as Record<string, unknown> | undefined)?.[leaf];
    } catch (thrown) {
      if (leaf !== undefined && isMissing(thrown)) return undefined;
      throw thrown;
    }
  }

  /** Groups are merged; a single value is written as part of the group above it, the only form that there is. */
  async merge(keyPath: readonly string[], value: unknown): Promise<void> {
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    const leaf = keyPath.at(-1);
    if (!isGroup && leaf === undefined) {
      throw ipcErrors.error('ipc.not-an-object', 'the whole configuration can only be merged with an object');
    }
    await this.#caller.call('UpdateConfiguration', {
      keyPath: [...(isGroup ? keyPath : keyPath.slice(0, -1))],
      valueToMerge: isGroup ? value : { [leaf ?? '']: value },
      timestamp: new Date(this.#nextTimestampMs()),
    });
  }

  /** Rising, and never a whole second: nucleus lite takes floats only, and a whole second is written as an integer. */
  #nextTimestampMs(): number {
    const next = Math.max(this.#clock.now(), this.#lastTimestampMs + 1);
    this.#lastTimestampMs = next % 1000 === 0 ? next + 1 : next;
    return this.#lastTimestampMs;
  }
}
