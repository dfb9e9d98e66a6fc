import { isEdgeError, messageOf, sleep } from '#packages/foundation';
import type { Clock, Incidents, Logger } from '#packages/foundation';
import type { InvokeResult, ResultMessage } from '#packages/http';
import { fillTopic } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';

import type { AppConfiguration } from '../config.ts';
import { PREDECESSORS } from '../predecessor/predecessors.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { greengrassV2Message } from './greengrass-v2-message.ts';
import { fitted } from './result-message.ts';

export interface PublisherOptions {
  readonly ipc: Pick<IpcSession, 'publishLocal' | 'publishIot'>;
  readonly settings: () => Pick<AppConfiguration, PublishSettings>;
  readonly statistics: Statistics;
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly log: Logger;
}

type PublishSettings = 'ResultTopic' | 'Mqtt' | 'MaxMessageBytes' | 'ResultFormat' | 'GreengrassV2' | 'Replaces';

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
    const { ResultTopic, Mqtt, ResultFormat } = settings();
    const body = this.#body(message, answer);
    // The old components said nothing of images without an answer.
    if (!body) return;
    const isLogOnly = ResultTopic === '' && (!Mqtt.Enabled || Mqtt.Topic === '');
    // What reads the old components' logs finds their results there.
    log[isLogOnly || ResultFormat === 'greengrass-v2' ? 'info' : 'debug'](body, 'app.result');
    if (this.#underWay.size >= MAX_UNDER_WAY) return statistics.count('unpublished');
    const sending: Promise<void>[] = [];
    if (ResultTopic !== '')
      sending.push(this.#send('local', ResultTopic, message, (topic) => ipc.publishLocal(topic, body)));
    if (Mqtt.Enabled && Mqtt.Topic !== '') {
      const qos = Mqtt.Qos === '0' ? 0 : 1;
      const send = (topic: string): Promise<void> => ipc.publishIot(topic, JSON.stringify(body), { qos });
      sending.push(this.#send('MQTT', Mqtt.Topic, message, send));
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

  #body(message: ResultMessage, answer: InvokeResult | undefined): object | undefined {
    const { ResultFormat, MaxMessageBytes: maxBytes, GreengrassV2, Replaces } = this.#options.settings();
    if (ResultFormat === 'edgeml') return fitted(message, maxBytes);
    const old = Replaces === '' ? undefined : PREDECESSORS[Replaces];
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
