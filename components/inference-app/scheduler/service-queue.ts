import type { Clock, Logger } from '#packages/foundation';

import type { Frame } from '../frame/frame.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { Slot } from './slot.ts';
import type { WorkIntake, WorkOutcome } from './work-intake.ts';

export interface ServiceQueueOptions {
  /** Looks at one frame; never rejects for what is wrong with the frame. */
  readonly work: (frame: Frame, service: string, intake: WorkIntake) => Promise<WorkOutcome>;
  /** Frames of one service that are worked on at once; asked each time, since the setting may change. */
  readonly concurrency: () => number;
  readonly statistics: Statistics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An intake as its queues see it. */
export interface QueuedIntake extends WorkIntake {
  /** Counts one frame out, worked on or skipped. */
  done(frame: Frame, outcome: WorkOutcome): void;
}

/** One service: its slots, and what it is working on. */
export class ServiceQueue {
  readonly #service: string;
  readonly #options: ServiceQueueOptions;
  /** The source that was served longest ago comes first. */
  #turn: { readonly intake: QueuedIntake; readonly slot: Slot }[] = [];
  #working = 0;

  constructor(service: string, options: ServiceQueueOptions) {
    this.#service = service;
    this.#options = options;
  }

  put(frame: Frame, intake: QueuedIntake): void {
    let place = this.#turn.find((each) => each.intake === intake);
    if (!place) this.#turn.unshift((place = { intake, slot: new Slot() }));
    const skipped = place.slot.put(frame, intake.options.capacity);
    this.#options.statistics.skip('stale', skipped.length, intake.options.source);
    skipped.forEach((each) => intake.done(each, DONE));
    this.#pump();
  }

  forget(intake: QueuedIntake): void {
    const place = this.#turn.find((each) => each.intake === intake);
    if (!place) return;
    this.#turn = this.#turn.filter((each) => each !== place);
    const skipped = place.slot.clear();
    this.#options.statistics.skip('stopped', skipped.length, intake.options.source);
    skipped.forEach((each) => intake.done(each, { outcome: 'stopped' }));
  }

  #pump(): void {
    while (this.#working < this.#options.concurrency()) {
      const next = this.#next();
      if (!next) return;
      this.#working++;
      void this.#run(next.frame, next.intake);
    }
  }

  async #run(frame: Frame, intake: QueuedIntake): Promise<void> {
    let outcome: WorkOutcome = DONE;
    try {
      outcome = await this.#options.work(frame, this.#service, intake);
    } catch (thrown) {
      this.#options.log.error({ error: thrown, image: frame.image, service: this.#service }, 'app.work-failed');
    } finally {
      this.#working--;
      intake.done(frame, outcome);
      this.#pump();
    }
  }

  #next(): { readonly frame: Frame; readonly intake: QueuedIntake } | undefined {
    for (const place of [...this.#turn]) {
      const frame = this.#freshFrame(place);
      if (!frame) continue;
      this.#turn = [...this.#turn.filter((each) => each !== place), place];
      return { frame, intake: place.intake };
    }
    return undefined;
  }

  #freshFrame({ slot, intake }: { readonly slot: Slot; readonly intake: QueuedIntake }): Frame | undefined {
    for (let frame = slot.take(); frame; frame = slot.take()) {
      const ageMs = this.#options.clock.monotonic() - frame.takenAtMonotonic;
      if (ageMs <= intake.options.maxAgeMs) return frame;
      this.#options.statistics.skip('stale', 1, intake.options.source);
      intake.done(frame, DONE);
    }
    return undefined;
  }
}

const DONE: WorkOutcome = { outcome: 'done' };
