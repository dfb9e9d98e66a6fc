import { systemClock } from '#packages/foundation';
import type { Clock, Incident } from '#packages/foundation';
import { localTopics, readIncidentMessage } from '#packages/ipc';
import type { LocalCore } from '../../local-core/local-core.ts';
import { messageIn } from '../../local-core/pubsub/local-pubsub.ts';
import type { Output } from '../frame/output.ts';
import { incidentOf } from '../health/broker-incident.ts';
import { incidentMessageLines } from '../health/incident-lines.ts';

/** An incident that is over sooner was a slow start. */
const GRACE_MS = 1_500;

interface Known {
  readonly component: string;
  incident: Incident;
  isShown: boolean;
  cancel: () => void;
}

/** Says in the terminal what is wrong with the components and the broker, and when it is right again. */
export class IncidentWatch {
  readonly #out: Pick<Output, 'note' | 'paint'>;
  readonly #clock: Clock;
  readonly #open = new Map<string, Known>();
  readonly #ends: readonly (() => void)[];
  #isQuiet = true;

  constructor(
    core: Pick<LocalCore, 'pubsub' | 'onBroker'>,
    out: Pick<Output, 'note' | 'paint'>,
    clock: Clock = systemClock,
  ) {
    this.#out = out;
    this.#clock = clock;
    this.#ends = [
      core.pubsub.subscribe({
        filter: localTopics.events,
        subscriber: 'edgeml command line',
        deliver: ({ body }) => this.#onMessage(messageIn(body)),
      }),
      core.onBroker((state) => {
        if (state.online) this.#resolved('broker', incidentOf(state));
        else this.#opened('broker', incidentOf(state));
      }),
    ];
  }

  /** From now on: while everything starts, much is missing for a moment. */
  speak(): void {
    this.#isQuiet = false;
    for (const known of this.#open.values()) this.#showSoon(known);
  }

  /** Shows at once what is wrong and was not shown. */
  showAll(): void {
    for (const known of this.#open.values()) this.#show(known);
  }

  close(): void {
    for (const end of this.#ends) end();
    for (const { cancel } of this.#open.values()) cancel();
  }

  #onMessage(message: unknown): void {
    const news = readIncidentMessage(message);
    if (news?.event === 'incident.opened') this.#opened(news.component, news.incident);
    if (news?.event === 'incident.resolved') this.#resolved(news.component, news.incident);
  }

  #opened(component: string, incident: Incident): void {
    const key = keyOf(component, incident);
    const known = this.#open.get(key) ?? { component, incident, isShown: false, cancel: () => undefined };
    const isNews = known.incident.message !== incident.message;
    this.#open.set(key, Object.assign(known, { incident, isShown: known.isShown && !isNews }));
    if (!this.#isQuiet) this.#showSoon(known);
  }

  #resolved(component: string, incident: Incident): void {
    const key = keyOf(component, incident);
    const known = this.#open.get(key);
    if (!known) return;
    known.cancel();
    this.#open.delete(key);
    if (known.isShown) this.#say('incident.resolved', component, incident);
  }

  #showSoon(known: Known): void {
    if (known.isShown) return;
    known.cancel();
    known.cancel = this.#clock.after(GRACE_MS, () => this.#show(known));
  }

  #show(known: Known): void {
    if (known.isShown) return;
    known.isShown = true;
    this.#say('incident.opened', known.component, known.incident);
  }

  #say(event: 'incident.opened' | 'incident.resolved', component: string, incident: Incident): void {
    const message = { event, component, incident, timestamp: incident.since, thing: '' };
    for (const line of incidentMessageLines(message, this.#out)) this.#out.note(line);
  }
}

function keyOf(component: string, { subject, code }: Incident): string {
  return `${component}\n${subject}\n${code}`;
}
