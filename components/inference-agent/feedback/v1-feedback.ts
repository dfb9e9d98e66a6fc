import type { FeedbackSample, SampleQueue } from '#packages/http';
import { countedQueue } from './counted-queue.ts';
import type { CountedQueuePorts } from './counted-queue.ts';

export interface V1FeedbackPorts extends CountedQueuePorts {
  /** ConfigId of a service; undefined or empty: its inferences are not feedback. Asked each time, since the setting may change. */
  readonly configIdOf: (service: string) => string | undefined;
}

/**
 * The behavior of Greengrass V1's connectors for `MLFeedbackConnectorConfigId`: each inference that a program asks them for is
 * offered as feedback, too. Only what is asked for in their form counts; the application gives feedback on its own images itself.
 */
export class V1Feedback {
  readonly #ports: V1FeedbackPorts;
  readonly #queue: SampleQueue;

  constructor(ports: V1FeedbackPorts) {
    this.#ports = ports;
    this.#queue = countedQueue(ports);
  }

  wants(service: string): boolean {
    return Boolean(this.#ports.configIdOf(service)) && !this.#queue.closed;
  }

  /**
   * Returns at once.
   * @param input bytes of its own: those of the request belong to the model
   * @param answer what the program was told
   */
  offer(service: string, input: Uint8Array, answer: string, model: string): void {
    const configId = this.#ports.configIdOf(service);
    if (!configId) return;
    const prediction = JSON.parse(answer) as FeedbackSample['prediction'];
    this.#queue.offer({ service, configId, sample: { input, prediction, metadata: { service, model } } });
  }

  /** Resolves when all is handed over, or after `ms`. Takes nothing afterward. */
  close(ms: number): Promise<void> {
    return this.#queue.close(ms);
  }
}
