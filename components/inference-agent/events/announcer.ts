import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { localTopics, mqttTopics } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';

import { WARNINGS } from './agent-event.ts';
import type { AgentEventName, AgentEvents, Announce } from './agent-event.ts';
import { eventMessage } from './event-message.ts';

export interface AnnouncerPorts {
  readonly ipc: Pick<IpcSession, 'publishLocal' | 'publishIot'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly thing: string;
  /** Sees every event before it is published. */
  readonly observe: <Name extends AgentEventName>(event: Name, facts: AgentEvents[Name]) => void;
  readonly onLost: (channel: 'local' | 'mqtt') => void;
}

/** Messages that may be on their way to the nucleus; when it does not take them any more, further ones are counted as lost. */
const MAX_PENDING = 64;

/** Logs each event, counts it, and publishes it on the local events topic and to the cloud. */
export function announcer(ports: AnnouncerPorts): Announce {
  const { ipc, clock, log, thing, observe, onLost } = ports;
  let pending = 0;

  function publish(channel: 'local' | 'mqtt', send: () => Promise<void>): void {
    if (pending >= MAX_PENDING) return onLost(channel);
    pending++;
    send()
      .catch((error: unknown) => {
        onLost(channel);
        log.debug({ channel, reason: messageOf(error) }, 'event.not-published');
      })
      .finally(() => pending--);
  }

  return (event, facts) => {
    if (WARNINGS.includes(event)) log.warn(facts, event);
    else log.info(facts, event);
    observe(event, facts);
    const message = eventMessage(event, facts, { thing, timestamp: new Date(clock.now()).toISOString() });
    publish('local', () => ipc.publishLocal(localTopics.events, message));
    publish('mqtt', () => ipc.publishIot(mqttTopics.events(thing), JSON.stringify(message), { qos: 1 }));
  };
}
