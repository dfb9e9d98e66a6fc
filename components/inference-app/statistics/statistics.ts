import { isDeepStrictEqual } from 'node:util';
import type { Clock, Logger } from '#packages/foundation';
import type { FeedbackLoss } from '#packages/http';
import type { SkipReason } from './skip-reason.ts';
import { SourceStatistics } from './source-statistics.ts';
import type { SourceState } from './source-statistics.ts';

/** Counters since the start of the process. */
export interface Counts {
  /** Images that came, or should have come, once for each service that looks at them: `answered`, `skipped`, or still on their way. */
  readonly frames: number;
  readonly answered: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** How often a stream had to be opened again. */
  readonly streamRestarts: number;
  readonly published: number;
  readonly unpublished: number;
  /** Messages that were too long and lost predictions or masks. */
  readonly shortened: number;
  readonly annotated: number;
  readonly unannotated: number;
  /** Inferences that the feedback uploader has kept, and those that its strategy did not want. */
  readonly feedbackAccepted: number;
  readonly feedbackNotWanted: number;
  readonly feedbackLost: Readonly<Partial<Record<FeedbackLoss, number>>>;
}

type Counter = Exclude<keyof Counts, 'skipped' | 'feedbackLost'>;

/** Counts what happens to images, and logs the counters while they change. */
export class Statistics {
  readonly #counters: Record<Counter, number> = {
    frames: 0,
    answered: 0,
    streamRestarts: 0,
    published: 0,
    unpublished: 0,
    shortened: 0,
    annotated: 0,
    unannotated: 0,
    feedbackAccepted: 0,
    feedbackNotWanted: 0,
  };
  readonly #skipped: Partial<Record<SkipReason, number>> = {};
  readonly #feedbackLost: Partial<Record<FeedbackLoss, number>> = {};
  readonly #sources = new Map<string, SourceStatistics>();
  #logged: object | undefined;
  #cancel: () => void = () => undefined;

  count(counter: Counter, times = 1): void {
    this.#counters[counter] += times;
  }

  /** @param source whose image it was */
  skip(reason: SkipReason, times: number, source: string): void {
    if (times === 0) return;
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + times;
    this.source(source).skip(reason, times);
  }

  feedbackLost(reason: FeedbackLoss, times = 1): void {
    if (times > 0) this.#feedbackLost[reason] = (this.#feedbackLost[reason] ?? 0) + times;
  }

  /** Of the source that runs under this name. */
  source(name: string): SourceStatistics {
    let source = this.#sources.get(name);
    if (!source) this.#sources.set(name, (source = new SourceStatistics()));
    return source;
  }

  /** A source has ended; what runs under its name begins again. */
  forget(name: string): void {
    this.#sources.delete(name);
  }

  /** Every source that runs, by its name. */
  get sources(): ReadonlyMap<string, SourceStatistics> {
    return this.#sources;
  }

  get counts(): Counts {
    return { ...this.#counters, skipped: { ...this.#skipped }, feedbackLost: { ...this.#feedbackLost } };
  }

  /** Logs now where counters have changed since the last time. */
  log(log: Logger): void {
    const states = [...this.#sources].map(([name, { state }]): [string, SourceState] => [name, state]);
    const all = { ...this.counts, sources: Object.fromEntries(states) };
    if (isDeepStrictEqual(all, this.#logged)) return;
    this.#logged = all;
    log.info(all, 'app.statistics');
  }

  /** Logs every `seconds` from now on, until `stop`; another period takes the place of the one before. */
  logPeriodically(clock: Clock, log: Logger, seconds: number): void {
    this.#cancel();
    this.#cancel = clock.after(seconds * 1000, () => {
      this.log(log);
      this.logPeriodically(clock, log, seconds);
    });
  }

  stop(): void {
    this.#cancel();
  }
}
