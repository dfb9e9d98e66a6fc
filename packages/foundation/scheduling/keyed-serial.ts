import { Serial } from './serial.ts';

/** Runs tasks of one key one after the other, in order of asking; different keys do not wait for each other. */
export class KeyedSerial {
  readonly #queues = new Map<string, Serial>();

  /** Whether a task runs or waits under any key. */
  get isBusy(): boolean {
    return this.#queues.size > 0;
  }

  async run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const queue = this.#queues.get(key) ?? new Serial();
    this.#queues.set(key, queue);
    try {
      return await queue.run(task);
    } finally {
      if (!queue.isBusy && this.#queues.get(key) === queue) this.#queues.delete(key);
    }
  }
}
