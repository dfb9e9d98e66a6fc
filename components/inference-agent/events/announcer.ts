import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { localTopics, mqttTopics } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';

import { WARNINGS } from './agent-event.ts';
import type { AgentEventName, AgentEvents, Announce } from './agent-event.ts';
import { eventMessage } from './event-message.ts';

export type AgentEventListener = <Name extends AgentEventName>(event: Name, facts: AgentEvents[Name]) => void;

export interface AnnouncerPorts {
  readonly ipc: Pick<IpcSession, 'publishLocal' | 'publishIot'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly thing: string;
  readonly onLost: (channel: 'local' | 'mqtt') => void;
}

/** Messages that may be on their way to the nucleus; when it does not take them any more, further ones are counted as lost. */
const MAX_PENDING = 64;

/** Logs each event, tells its listeners, and publishes it on the local events topic and to the cloud. */
export class Announcer {
  readonly #ports: AnnouncerPorts;
  readonly #listeners: AgentEventListener[] = [];
  #pending = 0;

  constructor(ports: AnnouncerPorts) {
    this.#ports = ports;
  }

  /** The listener hears every event from now on, before it is published. Those that came first hear it first. */
  listen(listener: AgentEventListener): void {
    this.#listeners.push(listener);
  }

  readonly announce: Announce = (event, facts) => {
    const { ipc, clock, log, thing } = this.#ports;
    if (WARNINGS.includes(event)) log.warn(facts, event);
    else log.info(facts, event);
    for (const listener of this.#listeners) listener(event, facts);
    const message = eventMessage(event, facts, { thing, timestamp: new Date(clock.now()).toISOString() });
    this.#publish('local', () => ipc.publishLocal(localTopics.events, message));
    this.#publish('mqtt', () => ipc.publishIot(mqttTopics.events(thing), JSON.stringify(message), { qos: 1 }));
  };

  #publish(channel: 'local' | 'mqtt', send: () => Promise<void>): void {
    const { log, onLost } = this.#ports;
    if (this.#pending >= MAX_PENDING) return onLost(channel);
    this.#pending++;
    send()
      .catch((error: unknown) => {
        onLost(channel);
        log.debug({ channel, reason: messageOf(error) }, 'event.not-published');
      })
      .finally(() => this.#pending--);
  }
}
