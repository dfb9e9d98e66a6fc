import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '../clock/clock.ts';
import type { Clock } from '../clock/clock.ts';
import { isEdgeError, messageOf } from '../errors/edge-error.ts';
import { maskCredentials } from './mask-credentials.ts';
import type { Logger } from './logger.ts';

/** Something that is wrong now, as `/healthz`, the local topic of events and every tool that reads them say it. */
export interface Incident {
  /** Stable, dotted: the name of the event that told of it. */
  readonly code: string;
  /** The thing that it is about, e.g. `source gate`. */
  readonly subject: string;
  /** `error`: something that was asked for does not work. `warning`: it works, and not as was asked for. */
  readonly severity: Severity;
  /** Says what is wrong, credentials masked; cut to 600 characters. */
  readonly message: string;
  /** Says what the reader should do about it. */
  readonly todo?: string;
  /** Since when, ISO 8601. */
  readonly since: string;
}

type Severity = 'error' | 'warning';

/** Facts of an incident. `message`, else that of `error`, says what is wrong; `todo`, else that of `error`, what to do. */
export interface IncidentFacts {
  readonly message?: string;
  readonly todo?: string;
  /** Default: warning. */
  readonly severity?: Severity;
  readonly error?: unknown;
  readonly [fact: string]: unknown;
}

export interface IncidentsOptions {
  /** For `since`. Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Told of each change, after it is logged; must return at once. */
  readonly onChange?: (change: 'opened' | 'resolved', incident: Incident) => void;
}

const MAX_MESSAGE = 600;

/**
 * Everything that is wrong now. Each incident is logged once when it opens and once when it is over, however often it is met in between; one
 * that continues for another reason, which is another code of its error, is logged once more.
 */
export class Incidents {
  readonly #log: Logger;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onChange: NonNullable<IncidentsOptions['onChange']>;
  readonly #open = new Map<string, OpenIncident>();

  constructor(log: Logger, { clock = systemClock, onChange = () => undefined }: IncidentsOptions = {}) {
    this.#log = log;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Errors first, each kind in the order in which they opened. */
  get current(): readonly Incident[] {
    const all = [...this.#open.values()].map(({ incident }) => incident);
    return [...all.filter(isError), ...all.filter((incident) => !isError(incident))];
  }

  /** @param log as in `replace` */
  opened(subject: string, event: string, facts: IncidentFacts, log: Logger = this.#log): void {
    const known = this.#open.get(keyOf(subject, event));
    const reason = reasonOf(facts);
    const incident = this.#incidentOf(subject, event, facts, known?.incident.since);
    const reasons = known?.reasons ?? new Set();
    const isNew = !reasons.has(reason);
    reasons.add(reason);
    this.#open.set(keyOf(subject, event), { incident, reasons });
    if (!isNew) return;
    const { severity, ...told } = facts;
    log[severity === 'error' ? 'error' : 'warn']({ ...told, subject }, event);
    this.#onChange('opened', incident);
  }

  /** Everything about the subject is right again; nothing happens if nothing was wrong. */
  resolved(subject: string, event: string): void {
    if (this.#end((incident) => incident.subject === subject)) this.#log.info({ subject }, event);
  }

  /** The subject is gone, and what was wrong with it with it. */
  forget(subject: string): void {
    this.#end((incident) => incident.subject === subject);
  }

  /**
   * Those of this event, and no others, are open from now on: for what is looked at as a whole, again and again.
   *
   * @param found facts by subject
   * @param log default: that of all incidents; for those that were logged otherwise, the silent one
   */
  replace(event: string, found: ReadonlyMap<string, IncidentFacts>, log: Logger = this.#log): void {
    this.#end(({ code, subject }) => code === event && !found.has(subject));
    for (const [subject, facts] of found) this.set(subject, event, facts, log);
  }

  /** As `opened`, and told again whenever its words have changed; without facts the incident is over. */
  set(subject: string, event: string, facts: IncidentFacts | undefined, log: Logger = this.#log): void {
    const key = keyOf(subject, event);
    const known = this.#open.get(key);
    if (!facts) return void (known && this.#end((incident) => incident === known.incident));
    const next = this.#incidentOf(subject, event, facts, known?.incident.since);
    if (known && !isDeepStrictEqual(known.incident, next)) this.#open.delete(key);
    this.opened(subject, event, facts, log);
  }

  #end(isOver: (incident: Incident) => boolean): boolean {
    const over = [...this.#open].filter(([, { incident }]) => isOver(incident));
    for (const [key, { incident }] of over) {
      this.#open.delete(key);
      this.#onChange('resolved', incident);
    }
    return over.length > 0;
  }

  #incidentOf(subject: string, code: string, facts: IncidentFacts, since?: string): Incident {
    const { message = facts.error === undefined ? code : messageOf(facts.error), severity = 'warning' } = facts;
    const todo = facts.todo ?? (isEdgeError(facts.error) ? facts.error.todo : undefined);
    const shown = maskCredentials(message);
    return {
      code,
      subject,
      severity,
      message: shown.length > MAX_MESSAGE ? `${shown.slice(0, MAX_MESSAGE)}…` : shown,
      ...(todo === undefined ? {} : { todo }),
      since: since ?? new Date(this.#clock.now()).toISOString(),
    };
  }
}

interface OpenIncident {
  readonly incident: Incident;
  /** Why it was said to be open: each reason is told once. */
  readonly reasons: Set<string>;
}

function keyOf(subject: string, event: string): string {
  return `${subject}\n${event}`;
}

function isError({ severity }: Incident): boolean {
  return severity === 'error';
}

function reasonOf({ error }: IncidentFacts): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
