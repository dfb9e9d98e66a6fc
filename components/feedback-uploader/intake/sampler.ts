import { isDeepStrictEqual } from 'node:util';
import type { FeedbackConfiguration, UploaderConfiguration } from '../config.ts';
import { createStrategy } from '../sampling/create-strategy.ts';
import type { Strategy } from '../sampling/strategy.ts';

interface Known {
  readonly settings: FeedbackConfiguration['sampling-strategy'];
  readonly strategy: Strategy;
}

/** The strategy of each configuration; one that has learned something keeps it over changes of other settings. */
export class Samplers {
  readonly #random: () => number;
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(random: () => number) {
    this.#random = random;
  }

  setConfiguration({ FeedbackConfigurationMap: map }: UploaderConfiguration): void {
    this.#known = new Map(
      Object.entries(map).map(([configId, { 'sampling-strategy': settings }]) => {
        const before = this.#known.get(configId);
        if (before && isDeepStrictEqual(before.settings, settings)) return [configId, before];
        return [configId, { settings, strategy: createStrategy(settings, { random: this.#random }) }];
      }),
    );
  }

  strategyOf(configId: string): Strategy | undefined {
    return this.#known.get(configId)?.strategy;
  }
}
