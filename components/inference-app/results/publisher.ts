import { isEdgeError, messageOf, sleep } from '#packages/foundation';
import type { Clock, Incidents, Logger } from '#packages/foundation';
import type { InvokeResult, ResultMessage } from '#packages/http';
import { fillTopic } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';

import type { AppSettings } from '../read-configuration.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { greengrassV2Message } from './greengrass-v2-message.ts';
import { fitted } from './result-message.ts';

export interface PublisherOptions {
  readonly ipc: Pick<IpcSession, 'publishLocal' | 'publishIot'>;
  readonly settings: () => Pick<AppSettings, PublishSettings>;
  readonly statistics: Statistics;
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly log: Logger;
}

type PublishSettings = 'ResultTopic' | 'Mqtt' | 'MaxMessageBytes' | 'ResultFormat' | 'GreengrassV2' | 'standIns';

interface Ways {
  /** Local topic; empty: none. */
  readonly local: string;
  /** IoT Core topic; empty: none. */
  readonly mqtt: string;
  readonly qos: 0 | 1;
  readonly isOldFormat: boolean;
}

/** How the results of a source are told. */
function waysOf(
  { standIns, ResultTopic, Mqtt, ResultFormat }: Pick<AppSettings, PublishSettings>,
  source: string,
): Ways {
  const standIn = standIns[source];
  if (standIn) return { local: '', mqtt: standIn.topic, qos: 1, isOldFormat: true };
  const mqtt = Mqtt.Enabled ? Mqtt.Topic : '';
  return { local: ResultTopic, mqtt, qos: Mqtt.Qos === '0' ? 0 : 1, isOldFormat: ResultFormat === 'greengrass-v2' };
}

/** Messages that may be under way at once; the nucleus holds no more than this up. */
const MAX_UNDER_WAY = 500;

/** Publishes results on the local topic and on MQTT, without making the images wait for it. Trouble is a warning, never an end. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * @param answer the subject of the message; undefined if it is about an error
   * @returns resolves when the nucleus has taken the message, or it was given up
   */
  async publish(message: ResultMessage, answer?: InvokeResult): Promise<void> {
    const { ipc, settings, log, statistics } = this.#options;
    const { local, mqtt, qos, isOldFormat } = waysOf(settings(), message.source);
    const body = this.#body(message, answer, isOldFormat);
    // The old components said nothing of images without an answer.
    if (!body) return;
    const isLogOnly = local === '' && mqtt === '';
    // Programs that read the old components' logs find their results there.
    log[isLogOnly || isOldFormat ? 'info' : 'debug'](body, 'app.result');
    if (this.#underWay.size >= MAX_UNDER_WAY) return statistics.count('unpublished');
    const sending: Promise<void>[] = [];
    if (local !== '') sending.push(this.#send('local', local, message, (topic) => ipc.publishLocal(topic, body)));
    if (mqtt !== '') {
      const send = (topic: string): Promise<void> => ipc.publishIot(topic, JSON.stringify(body), { qos });
      sending.push(this.#send('MQTT', mqtt, message, send));
    }
    await Promise.all(sending);
  }

  /** Resolves when all is published or given up, or after `ms`. */
  async drain(ms: number): Promise<void> {
    const enough = new AbortController();
    const drained = Promise.all(this.#underWay);
    await Promise.race([drained, sleep(this.#options.clock, ms, enough.signal).catch(() => undefined)]);
    enough.abort();
  }

  #body(message: ResultMessage, answer: InvokeResult | undefined, isOldFormat: boolean): object | undefined {
    const { MaxMessageBytes: maxBytes, GreengrassV2, standIns } = this.#options.settings();
    if (!isOldFormat) {
      const sent = fitted(message, maxBytes);
      if (sent !== message) this.#options.statistics.count('shortened');
      return sent;
    }
    const old = standIns[message.source]?.predecessor;
    const { MaxResults: maxResults, ScoreThreshold: scoreThreshold } = GreengrassV2;
    const format = {
      inferenceType: old?.inferenceType,
      boundaries: old?.boundaries ?? 'list',
      scores: old?.scores,
    } as const;
    return (
      answer &&
      greengrassV2Message(message.timestamp, answer.predictions, { ...format, maxResults, scoreThreshold, maxBytes })
    );
  }

  #send(
    way: string,
    template: string,
    { thing, service, source }: ResultMessage,
    send: (topic: string) => Promise<void>,
  ): Promise<void> {
    const { statistics, incidents } = this.#options;
    const subject = `${way} ${template} of ${service}`;
    const sending = (async () => send(fillTopic(template, { thing, service, source })))().then(
      () => {
        statistics.count('published');
        incidents.resolved(subject, 'app.publishes-again');
      },
      (thrown: unknown) => {
        statistics.count('unpublished');
        incidents.opened(subject, 'app.publish-failed', {
          error: thrown,
          code: isEdgeError(thrown) ? thrown.code : undefined,
          message: `results of ${service} cannot be published (${way}): ${messageOf(thrown)}`,
          severity: 'error',
        });
      },
    );
    this.#underWay.add(sending);
    void sending.finally(() => this.#underWay.delete(sending));
    return sending;
  }
}
