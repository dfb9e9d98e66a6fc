import type { Intake, IntakeOptions } from './intake.ts';
import { SourceIntake } from './intake.ts';
import { Lane } from './lane.ts';
import type { LaneOptions } from './lane.ts';

/**
 * Freshest frame first served: each service has a slot per source, and takes from its sources in turn, so that neither a fast source
 * nor a slow service holds up the rest. What a slot cannot hold is skipped, oldest first, and counted.
 */
export class Scheduler {
  readonly #options: LaneOptions;
  readonly #lanes = new Map<string, Lane>();

  constructor(options: LaneOptions) {
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
