import type { SampleQueue } from '#packages/http';
import type { DifferingFrame } from '../challenger/challengers.ts';
import { countedQueue } from './counted-queue.ts';
import type { CountedQueuePorts } from './counted-queue.ts';

export interface DifferenceFeedbackPorts extends CountedQueuePorts {
  /** ConfigId for the differences of a service; undefined or empty: nobody wants them. Asked each time, since the setting may change. */
  readonly configIdOf: (service: string) => string | undefined;
}

/** Object metadata has room for 2 kB in all. */
const MAX_REASON = 300;

/** Pictures on which a model and its challenger differ, offered to the feedback uploader with what they differ in. */
export class DifferenceFeedback {
  readonly #ports: DifferenceFeedbackPorts;
  readonly #queue: SampleQueue;

  constructor(ports: DifferenceFeedbackPorts) {
    this.#ports = ports;
    this.#queue = countedQueue(ports);
  }

  wants(service: string): boolean {
    return Boolean(this.#ports.configIdOf(service)) && !this.#queue.closed;
  }

  /** Returns at once. The picture is as the model saw it: encoded, or a frame body, which the uploader encodes. */
  offer({ service, image, predictions, champion, challenger, reason }: DifferingFrame): void {
    const configId = this.#ports.configIdOf(service);
    if (!configId) return;
    const metadata = {
      service,
      model: `${champion.name} ${champion.version}`,
      challenger: `${challenger.name} ${challenger.version}`,
      disagreement: reason.slice(0, MAX_REASON),
    };
    this.#queue.offer({ service, configId, sample: { input: image, prediction: predictions, metadata } });
  }

  /** Resolves when all is handed over, or after `ms`. Takes nothing afterward. */
  close(ms: number): Promise<void> {
    return this.#queue.close(ms);
  }
}
