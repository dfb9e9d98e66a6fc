import type { Clock, Incidents, Logger } from '#packages/foundation';
import type { InvokeResult } from '#packages/http';

import type { Annotator } from '../annotation/annotator.ts';
import { appErrors } from '../errors.ts';
import type { Frame } from '../frame/frame.ts';
import type { Publisher } from '../results/publisher.ts';
import { answerMessage, errorMessage } from '../results/result-message.ts';
import type { WorkIntake, WorkOutcome } from '../scheduler/work-intake.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { ANY_SERVICE } from './active-services.ts';
import type { ActiveServices } from './active-services.ts';
import type { LiveView } from '../watch/live-view.ts';
import { activeChoice } from './active-choice.ts';
import type { InferenceRetrier, Patience } from './inference-retrier.ts';
import { skipReasonOf } from './remedy.ts';

export interface FrameProcessorOptions {
  readonly retrier: InferenceRetrier;
  readonly active: ActiveServices;
  readonly publisher: Publisher;
  readonly annotator: Annotator;
  /** Shown in the console. */
  readonly live: Pick<LiveView, 'looking' | 'answered'>;
  readonly statistics: Statistics;
  readonly incidents: Incidents;
  /** Told of what each answer says. */
  readonly onAnswer: (source: string, predictions: InvokeResult['predictions']) => void;
  /** Told of each answer, for whoever cares what gave it, and on what it ran. */
  readonly onResult: (source: string, result: InvokeResult) => void;
  /** Told how long each result took, from its frame on. */
  readonly onPublished: (source: string, ms: number) => void;
  readonly thing: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The work on one image for one service: ask, publish, draw. */
export class FrameProcessor {
  readonly #options: FrameProcessorOptions;

  constructor(options: FrameProcessorOptions) {
    this.#options = options;
  }

  /** Never rejects: an image without an answer becomes a result with an error. */
  async look(frame: Frame, service: string, intake: WorkIntake): Promise<WorkOutcome> {
    const { retrier, active, publisher, live, annotator, statistics, incidents, thing, clock, log } = this.#options;
    const { onAnswer, onResult, onPublished } = this.#options;
    const choice = activeChoice(service);
    const { signal } = intake;
    const isNamed = intake.options.services.includes(service);
    const patience: Patience = {
      signal,
      waitMs: intake.options.waitMs(),
      ...(isNamed ? {} : { mayCome: () => active.mayCome(service, signal) }),
    };
    try {
      if (choice) {
        intake.forward(frame, await active.list(patience, choice));
        return { outcome: 'done' };
      }
      live.looking(frame);
      const result = await retrier.ask(frame, service, patience);
      statistics.count('answered');
      const annotated = annotator.wants(frame, result) ? annotator.nameOf(frame, result) : undefined;
      const message = { ...answerMessage(thing, frame, result), ...(annotated === undefined ? {} : { annotated }) };
      const published = publisher.publish(message, result);
      onPublished(frame.source, clock.monotonic() - frame.takenAtMonotonic);
      live.answered(frame, message);
      onResult(frame.source, result);
      onAnswer(frame.source, result.predictions);
      if (annotated !== undefined) await this.#annotate(frame, result);
      return { outcome: 'done', published };
    } catch (thrown) {
      if (intake.signal.aborted) {
        // A frame that still waits for the service opens it again.
        incidents.forget(choice ? ANY_SERVICE : service);
        statistics.skip('stopped', 1, frame.source);
        return { outcome: 'stopped' };
      }
      const reason = skipReasonOf(thrown);
      statistics.skip(reason, 1, frame.source);
      log.warn({ error: thrown, image: frame.image, source: frame.source, service, reason }, 'app.image-failed');
      const message = choice ? undefined : errorMessage(thing, frame, service, thrown);
      if (message) live.answered(frame, message);
      const outcome = appErrors.is(thrown, 'source.file-unreadable') ? 'unreadable' : 'done';
      return { outcome, ...(message ? { published: publisher.publish(message) } : {}) };
    }
  }

  async #annotate(frame: Frame, result: InvokeResult): Promise<void> {
    const { annotator, statistics, incidents } = this.#options;
    try {
      await annotator.annotate(frame, result);
      statistics.count('annotated');
      incidents.resolved('annotated images', 'annotation.works-again');
    } catch (thrown) {
      statistics.count('unannotated');
      // A file that was moved away after its answer does not matter.
      if (appErrors.is(thrown, 'source.file-gone')) return;
      incidents.opened('annotated images', 'annotation.failed', { error: thrown, image: frame.image });
    }
  }
}
