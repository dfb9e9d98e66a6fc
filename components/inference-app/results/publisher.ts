import type { ResultMessage } from '../../common/agent-api.ts';
import type { Clock } from '../../common/clock/clock.ts';
import { sleep } from '../../common/clock/clock.ts';
import { isEdgeError } from '../../common/errors/edge-error.ts';
import type { IpcSession } from '../../common/ipc/session.ts';
import type { Logger } from '../../common/log/logger.ts';
import { fillTopic } from '../../common/topics/topics.ts';
import type { AppConfiguration } from '../config.ts';
import type { Troubles } from '../inference/troubles.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { fitted } from './result-message.ts';

export interface PublisherOptions {
  readonly ipc: Pick<IpcSession, 'publishLocal' | 'publishIot'>;
  readonly settings: () => Pick<AppConfiguration, 'ResultTopic' | 'Mqtt' | 'MaxMessageBytes'>;
  readonly statistics: Statistics;
  readonly troubles: Troubles;
  readonly clock: Clock;
  readonly log: Logger;
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

  publish(message: ResultMessage): void {
    const { ipc, settings, log, statistics } = this.#options;
    const { ResultTopic, Mqtt, MaxMessageBytes } = settings();
    const small = fitted(message, MaxMessageBytes);
    const isLogOnly = ResultTopic === '' && (!Mqtt.Enabled || Mqtt.Topic === '');
    log[isLogOnly ? 'info' : 'debug'](small, 'app.result');
    if (this.#underWay.size >= MAX_UNDER_WAY) return statistics.count('unpublished');
    if (ResultTopic !== '') this.#send('local', ResultTopic, small, (topic) => ipc.publishLocal(topic, small));
    if (Mqtt.Enabled && Mqtt.Topic !== '') {
      const qos = Mqtt.Qos === '0' ? 0 : 1;
      this.#send('MQTT', Mqtt.Topic, small, (topic) => ipc.publishIot(topic, JSON.stringify(small), { qos }));
    }
  }

  /** Resolves when all is published or given up, or after `ms`. */
  async drain(ms: number): Promise<void> {
    const enough = new AbortController();
    const drained = Promise.all(this.#underWay);
    await Promise.race([drained, sleep(this.#options.clock, ms, enough.signal).catch(() => undefined)]);
    enough.abort();
  }

  #send(
    way: string,
    template: string,
    { thing, service, source }: ResultMessage,
    send: (topic: string) => Promise<void>,
  ): void {
    const { statistics, troubles } = this.#options;
    const subject = `${way} ${template} of ${service}`;
    const sending = (async () => send(fillTopic(template, { thing, service, source })))().then(
      () => {
        statistics.count('published');
        troubles.over(subject, 'app.publishes-again');
      },
      (thrown: unknown) => {
        statistics.count('unpublished');
        troubles.met(subject, 'app.publish-failed', {
          error: thrown,
          code: isEdgeError(thrown) ? thrown.code : undefined,
        });
      },
    );
    this.#underWay.add(sending);
    void sending.finally(() => this.#underWay.delete(sending));
  }
}
