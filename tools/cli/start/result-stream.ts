import type { ResultMessage } from '#packages/http';

import type { LocalCore } from '../../local-core/local-core.ts';
import { messageIn } from '../../local-core/pubsub/local-pubsub.ts';
import { readResult } from '../results/result-line.ts';
import type { ResultTally } from './result-tally.ts';
import type { SampleSet } from './samples.ts';

/** Every result that the application publishes on its local topics, in order. */
export function onResults(core: LocalCore, onResult: (result: ResultMessage) => void): () => void {
  return core.pubsub.subscribe({
    filter: 'edgeml/results/#',
    subscriber: 'edgeml command line',
    deliver: ({ body }) => {
      const result = readResult(messageIn(body));
      if (result) onResult(result);
    },
  });
}

/** Which sample images still have no result. */
export class SampleTally implements ResultTally {
  readonly #open: Set<string>;
  readonly #all: number;
  #errors = 0;

  constructor(samples: readonly SampleSet[]) {
    const keys = samples.flatMap(({ source, images }) => images.map((image) => keyOf(source, image)));
    this.#open = new Set(keys);
    this.#all = keys.length;
  }

  take(result: ResultMessage): boolean {
    const isNew = this.#open.delete(keyOf(result.source, result.image));
    if (isNew && result.error) this.#errors++;
    return isNew;
  }

  get complete(): boolean {
    return this.#open.size === 0;
  }

  get total(): number {
    return this.#all;
  }

  get errors(): number {
    return this.#errors;
  }

  get missing(): readonly string[] {
    return [...this.#open].map((key) => key.slice(key.indexOf('\n') + 1));
  }
}

function keyOf(source: string, image: string): string {
  return `${source}\n${image}`;
}
