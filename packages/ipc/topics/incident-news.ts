import { messageOf } from '#packages/foundation';
import type { Clock, Incident, IncidentsOptions, Logger } from '#packages/foundation';
import type { IpcSession } from '../session.ts';
import { localTopics } from './topics.ts';

/** Published on the local topic of events when an incident opens, changes its reason, or is over. */
export interface IncidentMessage {
  readonly event: 'incident.opened' | 'incident.resolved';
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  readonly thing: string;
  readonly component: string;
  readonly incident: Incident;
}

export interface IncidentNewsPorts {
  readonly ipc: Pick<IpcSession, 'publishLocal'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  readonly thing: string;
  readonly component: string;
}

/** Tells the device's programs of each change: never throws and never waits. A program that missed one asks `/healthz`. */
export function incidentNews(ports: IncidentNewsPorts): NonNullable<IncidentsOptions['onChange']> {
  const { ipc, clock, log, thing, component } = ports;
  return (change, incident) => {
    const timestamp = new Date(clock.now()).toISOString();
    const message: IncidentMessage = { event: `incident.${change}`, timestamp, thing, component, incident };
    ipc.publishLocal(localTopics.events, message).catch((thrown: unknown) => {
      log.debug({ incident: incident.code, reason: messageOf(thrown) }, 'event.not-published');
    });
  };
}

/** The message, if it is one. */
export function readIncidentMessage(message: unknown): IncidentMessage | undefined {
  const candidate = message as Partial<IncidentMessage> | null | undefined;
  const isOne = candidate?.event === 'incident.opened' || candidate?.event === 'incident.resolved';
  return isOne && typeof candidate.incident?.message === 'string' ? (candidate as IncidentMessage) : undefined;
}
