import type { Frame, FrameOutcome } from '../frame/frame.ts';
import type { FrameSink } from '../sources/image-source.ts';
import type { SkipReason } from '../statistics/skip-reason.ts';
import type { Statistics } from '../statistics/statistics.ts';
import type { QueuedIntake, ServiceQueue } from './service-queue.ts';
import type { IntakeOptions, WorkOutcome } from './work-intake.ts';

/** The way in for one source. */
export interface Intake extends FrameSink {
  /** Resolves when nothing is outstanding. */
  idle(): Promise<void>;
  /** Skips what waits, ends what is worked on; resolves when all of it has ended. */
  close(): Promise<void>;
  told(): Promise<void>;
}

/** A frame whose end somebody waits for: the services that are not done, and the outcome so far. */
interface OpenFrame {
  services: number;
  outcome: FrameOutcome;
  readonly published: Promise<unknown>[];
}

/** Puts the frames of one source into the queues of its services, and counts them out again. */
export class SourceIntake implements Intake, QueuedIntake {
  readonly options: IntakeOptions;
  readonly #ended = new AbortController();
  readonly #statistics: Statistics;
  readonly #queueOf: (service: string) => ServiceQueue;
  readonly #queues = new Set<ServiceQueue>();
  readonly #below = new Set<{ readonly count: number; readonly resolve: () => void }>();
  readonly #open = new Map<Frame, OpenFrame>();
  readonly #ending = new Set<Promise<void>>();
  #outstanding = 0;

  constructor(options: IntakeOptions, statistics: Statistics, queueOf: (service: string) => ServiceQueue) {
    this.options = options;
    this.#statistics = statistics;
    this.#queueOf = queueOf;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  offer(frame: Frame): void {
    this.#statistics.count('frames', this.options.services.length);
    this.#put(frame, this.options.services);
  }

  /** The frame that waited for these services was counted once already. */
  forward(frame: Frame, services: readonly string[]): void {
    this.#statistics.count('frames', services.length - 1);
    this.#put(frame, services);
  }

  #put(frame: Frame, services: readonly string[]): void {
    if (this.#ended.signal.aborted) {
      this.#follow(frame).outcome = 'stopped';
      return this.#statistics.skip('stopped', services.length, frame.source);
    }
    this.#outstanding += services.length;
    this.#follow(frame).services += services.length;
    frame.held?.hold(services.length);
    for (const service of services) {
      const queue = this.#queueOf(service);
      this.#queues.add(queue);
      queue.put(frame, this);
    }
  }

  skip(reason: SkipReason, count = 1): void {
    const times = count * this.options.services.length;
    this.#statistics.count('frames', times);
    this.#statistics.skip(reason, times, this.options.source);
  }

  done(frame: Frame, outcome: WorkOutcome): void {
    frame.held?.release();
    this.#outstanding--;
    this.#note(frame, outcome);
    for (const waiter of this.#below) {
      if (this.#outstanding >= waiter.count) continue;
      this.#below.delete(waiter);
      waiter.resolve();
    }
  }

  idle(): Promise<void> {
    return this.below(1);
  }

  below(count: number): Promise<void> {
    if (this.#outstanding < count) return Promise.resolve();
    return new Promise((resolve) => this.#below.add({ count, resolve }));
  }

  /** Resolves when every `onEnded` of a frame whose work has ended has resolved. */
  async told(): Promise<void> {
    await Promise.all(this.#ending);
  }

  #follow(frame: Frame): OpenFrame {
    const open = this.#open.get(frame) ?? { services: 0, outcome: 'done', published: [] };
    if (frame.onEnded) this.#open.set(frame, open);
    return open;
  }

  #note(frame: Frame, { outcome, published }: WorkOutcome): void {
    const open = this.#open.get(frame);
    if (!open || !frame.onEnded) return;
    if (outcome !== 'done') open.outcome = outcome;
    if (published) open.published.push(published);
    if (--open.services > 0) return;
    this.#open.delete(frame);
    const ending = Promise.all(open.published)
      .then(() => frame.onEnded?.(open.outcome))
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async close(): Promise<void> {
    this.#ended.abort(new Error('the source was closed'));
    for (const queue of this.#queues) queue.forget(this);
    await this.idle();
  }
}
