import type { Clock } from '../../common/clock/clock.ts';
import type { Logger } from '../../common/log/logger.ts';
import type { Frame } from '../frame/frame.ts';
import type { FrameSink } from '../sources/image-source.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { Slot } from './slot.ts';

export interface SchedulerOptions {
  /** Looks at one frame; never rejects for what is wrong with the frame. */
  readonly work: (frame: Frame, service: string, intake: WorkIntake) => Promise<void>;
  /** Frames of one service that are worked on at once; asked each time, since the setting may change. */
  readonly concurrency: () => number;
  readonly statistics: Statistics;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface IntakeOptions {
  /** Services that look at each frame. */
  readonly services: readonly string[];
  /** Frames that may wait for each service; `Infinity`: nothing is ever skipped. */
  readonly capacity: number;
  /** Frames that waited longer are skipped; `Infinity`: never. */
  readonly maxAgeMs: number;
  /** How long the work on a frame may wait for a model or for the agent; asked each time, since the setting may change. */
  readonly waitMs: () => number;
}

/** What the work on a frame may ask of the intake that it came through. */
export interface WorkIntake {
  readonly options: IntakeOptions;
  /** Aborted when the source is closed. */
  readonly signal: AbortSignal;
  /** Passes a frame on to further services; it counts as outstanding until they are done. */
  forward(frame: Frame, services: readonly string[]): void;
}

/** The way in for one source. */
export interface Intake extends FrameSink {
  /** Resolves when nothing is outstanding. */
  idle(): Promise<void>;
  /** Skips what waits, ends what is worked on; resolves when all of it has ended. */
  close(): Promise<void>;
}

/**
 * Freshest frame first served: each service has a slot per source, and takes from its sources in turn, so that neither a fast source
 * nor a slow service holds up the rest. What a slot cannot hold is skipped, oldest first, and counted.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #lanes = new Map<string, Lane>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  open(options: IntakeOptions): Intake {
    return new SourceIntake(options, this.#options.statistics, (service) => this.#lane(service));
  }

  #lane(service: string): Lane {
    const lane = this.#lanes.get(service) ?? new Lane(service, this.#options);
    this.#lanes.set(service, lane);
    return lane;
  }
}

class SourceIntake implements Intake, WorkIntake {
  readonly options: IntakeOptions;
  readonly #ended = new AbortController();
  readonly #statistics: Statistics;
  readonly #laneOf: (service: string) => Lane;
  readonly #lanes = new Set<Lane>();
  readonly #idle = new Set<() => void>();
  #outstanding = 0;

  constructor(options: IntakeOptions, statistics: Statistics, laneOf: (service: string) => Lane) {
    this.options = options;
    this.#statistics = statistics;
    this.#laneOf = laneOf;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  offer(frame: Frame): void {
    this.forward(frame, this.options.services);
  }

  forward(frame: Frame, services: readonly string[]): void {
    if (this.#ended.signal.aborted) return this.#statistics.skip('stopped', services.length);
    this.#outstanding += services.length;
    for (const service of services) {
      const lane = this.#laneOf(service);
      this.#lanes.add(lane);
      lane.put(frame, this);
    }
  }

  skippedAsBusy(count: number): void {
    this.#statistics.skip('busy', count * this.options.services.length);
  }

  done(): void {
    if (--this.#outstanding > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  idle(): Promise<void> {
    if (this.#outstanding === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  async close(): Promise<void> {
    this.#ended.abort(new Error('the source was closed'));
    for (const lane of this.#lanes) lane.forget(this);
    await this.idle();
  }
}

/** One service: its slots, and what it is working on. */
class Lane {
  readonly #service: string;
  readonly #options: SchedulerOptions;
  /** Who was served longest ago is first. */
  #turn: { readonly intake: SourceIntake; readonly slot: Slot }[] = [];
  #working = 0;

  constructor(service: string, options: SchedulerOptions) {
    this.#service = service;
    this.#options = options;
  }

  put(frame: Frame, intake: SourceIntake): void {
    let place = this.#turn.find((each) => each.intake === intake);
    if (!place) this.#turn.unshift((place = { intake, slot: new Slot() }));
    const skipped = place.slot.put(frame, intake.options.capacity);
    this.#options.statistics.skip('stale', skipped.length);
    skipped.forEach(() => intake.done());
    this.#pump();
  }

  forget(intake: SourceIntake): void {
    const place = this.#turn.find((each) => each.intake === intake);
    if (!place) return;
    this.#turn = this.#turn.filter((each) => each !== place);
    const skipped = place.slot.clear();
    this.#options.statistics.skip('stopped', skipped.length);
    skipped.forEach(() => intake.done());
  }

  #pump(): void {
    while (this.#working < this.#options.concurrency()) {
      const next = this.#next();
      if (!next) return;
      this.#working++;
      void this.#run(next.frame, next.intake);
    }
  }

  async #run(frame: Frame, intake: SourceIntake): Promise<void> {
    try {
      await this.#options.work(frame, this.#service, intake);
    } catch (thrown) {
      this.#options.log.error({ error: thrown, image: frame.image, service: this.#service }, 'app.work-failed');
    } finally {
      this.#working--;
      intake.done();
      this.#pump();
    }
  }

  #next(): { readonly frame: Frame; readonly intake: SourceIntake } | undefined {
    for (const place of [...this.#turn]) {
      const frame = this.#freshFrame(place);
      if (!frame) continue;
      this.#turn = [...this.#turn.filter((each) => each !== place), place];
      return { frame, intake: place.intake };
    }
    return undefined;
  }

  #freshFrame({ slot, intake }: { readonly slot: Slot; readonly intake: SourceIntake }): Frame | undefined {
    for (let frame = slot.take(); frame; frame = slot.take()) {
      const ageMs = this.#options.clock.monotonic() - frame.takenAtMonotonic;
      if (ageMs <= intake.options.maxAgeMs) return frame;
      this.#options.statistics.skip('stale');
      intake.done();
    }
    return undefined;
  }
}
