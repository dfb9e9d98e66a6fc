import type { Clock, Incidents } from '#packages/foundation';
import type { FeedbackClient, ResultMessage, Route, SourcesReport } from '#packages/http';
import type { Frame } from '../frame/frame.ts';
import type { RunningSource } from '../sources/source-set.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { keepSample } from './keep-sample.ts';
import { LivePictures } from './live-pictures.ts';
import { liveRoutes } from './live-routes.ts';
import { ResultHistory } from './result-history.ts';
import { sourceReport } from './sources-report.ts';

export interface LiveViewOptions {
  readonly thing: string;
  /** Those that run or have ended, in the order of their start. */
  readonly sources: () => readonly RunningSource[];
  readonly statistics: Statistics;
  /** Takes the samples that somebody keeps; undefined if the environment does not name its socket. */
  readonly client: FeedbackClient | undefined;
  /** ConfigId that the service's settings name; empty: none. */
  readonly configIdOf: (service: string) => string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
}

/** Everything that the console shows of the application: pictures, results, and how each source does. */
export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #pictures: LivePictures;
  readonly #results = new ResultHistory();

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#pictures = new LivePictures(options);
  }

  /** The work on a frame begins; the frame is held meanwhile. */
  looking(frame: Frame): void {
    this.#pictures.looking(frame);
  }

  /** A service has answered, or failed to; the frame is held meanwhile. */
  answered(frame: Frame, message: ResultMessage): void {
    this.#results.add(message);
    this.#pictures.answered(frame, message);
  }

  /** A source has ended. */
  forget(source: string): void {
    this.#pictures.forget(source);
  }

  /** Nobody is served any more. */
  close(): void {
    this.#pictures.close();
  }

  get routes(): readonly Route[] {
    const { client, configIdOf } = this.#options;
    const pictures = this.#pictures;
    return liveRoutes({
      sources: () => this.#report(),
      results: this.#results,
      pictures,
      keep: (source, request) => keepSample({ pictures, client, configIdOf }, source, request),
    });
  }

  #report(): SourcesReport {
    const { thing, sources, statistics, clock } = this.#options;
    const { frames, answered, skipped } = statistics.counts;
    return {
      thing,
      sources: sources().map((source) => sourceReport(source, statistics, clock)),
      counts: { frames, answered, skipped: { ...skipped } },
    };
  }
}
