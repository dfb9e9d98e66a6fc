import type { Clock, IncidentFacts, Incidents, Logger } from '#packages/foundation';

export interface AwaitedServicesOptions {
  readonly clock: Clock;
  readonly incidents: Incidents;
  readonly log: Logger;
}

/** Components start side by side, so that the application has images before the agent has models. */
const START_MS = 60_000;

/**
 * Services that images wait for. In the first minute of the application, a wait is a line of its log, for as long as the service has not
 * answered yet; a wait that lasts longer, or comes later, is an incident.
 */
export class AwaitedServices {
  readonly #options: AwaitedServicesOptions;
  readonly #startedAt: number;
  readonly #answered = new Set<string>();
  readonly #told = new Set<string>();

  constructor(options: AwaitedServicesOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  /** Images of the subject wait; called at each try. */
  waits(subject: string, event: string, facts: IncidentFacts): void {
    const { clock, incidents, log } = this.#options;
    const isStart = clock.monotonic() - this.#startedAt < START_MS && !this.#answered.has(subject);
    if (!isStart) return incidents.opened(subject, event, { ...facts, severity: 'error' });
    const said = `${subject}\n${event}`;
    if (this.#told.has(said)) return;
    this.#told.add(said);
    log.info({ ...facts, subject }, event);
  }

  answers(subject: string): void {
    this.#answered.add(subject);
    this.#options.incidents.resolved(subject, 'service.answers-again');
  }
}
