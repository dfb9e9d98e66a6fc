import { quantile, sleep, systemClock } from '#packages/foundation';
import type { AgentClient } from '#packages/http';
import type { SampleImage } from '../agent/sample-package.ts';

/** The model that has nothing to do with the harm beside it. */
export const BYSTANDER = 'PartsClassifier';

export interface BystanderFigures {
  readonly answers: number;
  /** Other predictions than the model gives. */
  readonly wrong: number;
  /** Requests that got an error, by its code. */
  readonly lost: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A client that asks one model all along and rests as long as each answer took: half a core at most. */
export class Bystander {
  readonly #latencies: number[] = [];
  readonly #lost: Record<string, number> = {};
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;
  #wrong = 0;

  constructor(client: AgentClient, images: readonly SampleImage[]) {
    this.#work = this.#ask(client, images);
  }

  async end(): Promise<BystanderFigures> {
    this.#stop.abort();
    await this.#work;
    return {
      answers: this.#latencies.length,
      wrong: this.#wrong,
      lost: this.#lost,
      p50Ms: quantile(this.#latencies, 0.5),
      p99Ms: quantile(this.#latencies, 0.99),
    };
  }

  async #ask(client: AgentClient, images: readonly SampleImage[]): Promise<void> {
    for (let index = 0; !this.#stop.signal.aborted; index++) {
      const image = images[index % images.length]!;
      const startedAt = systemClock.monotonic();
      try {
        if (!(await isRight(client, BYSTANDER, image))) this.#wrong++;
        this.#latencies.push(systemClock.monotonic() - startedAt);
      } catch (thrown) {
        count(this.#lost, thrown);
      }
      await sleep(systemClock, systemClock.monotonic() - startedAt, this.#stop.signal).catch(() => undefined);
    }
  }
}

/** Whether the model's first choice for one of its golden inputs is what it must be. @throws EdgeError of the agent */
export async function isRight(client: AgentClient, service: string, image: SampleImage): Promise<boolean> {
  const { predictions } = await client.invoke(service, image.bytes, { contentType: 'image/jpeg' });
  const [best] = image.expected;
  return (
    best !== undefined && predictions[0]?.classId === best.classId && Math.abs(predictions[0].score - best.score) < 0.05
  );
}

/** Counts an error under its code. */
export function count(tally: Record<string, number>, thrown: unknown): void {
  const code = (thrown as { code?: string }).code ?? String(thrown);
  tally[code] = (tally[code] ?? 0) + 1;
}

export function total(tally: Readonly<Record<string, number>>): number {
  return Object.values(tally).reduce((sum, times) => sum + times, 0);
}
