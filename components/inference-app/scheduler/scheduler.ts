import type { Intake } from './intake.ts';
import { SourceIntake } from './intake.ts';
import { ServiceQueue } from './service-queue.ts';
import type { ServiceQueueOptions } from './service-queue.ts';
import type { IntakeOptions } from './work-intake.ts';

/**
 * Freshest frame first served: each service has a slot per source, and takes from its sources in turn, so that neither a fast source
 * nor a slow service holds up the rest. Frames that do not fit a slot are skipped, oldest first, and counted.
 */
export class Scheduler {
  readonly #options: ServiceQueueOptions;
  readonly #queues = new Map<string, ServiceQueue>();

  constructor(options: ServiceQueueOptions) {
    this.#options = options;
  }

  open(options: IntakeOptions): Intake {
    return new SourceIntake(options, this.#options.statistics, (service) => this.#queue(service));
  }

  #queue(service: string): ServiceQueue {
    const queue = this.#queues.get(service) ?? new ServiceQueue(service, this.#options);
    this.#queues.set(service, queue);
    return queue;
  }
}
