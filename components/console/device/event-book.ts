import { localTopics } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import type { DeviceEvent } from './live-line.ts';

const KEPT = 200;

/** The last events of the device: a new viewer sees those from before, too. */
export class EventBook {
  #events: readonly DeviceEvent[] = [];
  readonly #listeners = new Set<(event: DeviceEvent) => void>();

  get events(): readonly DeviceEvent[] {
    return this.#events;
  }

  /** @throws EdgeError `ipc.*` */
  async listen(ipc: IpcSession): Promise<void> {
    await ipc.subscribeLocal(localTopics.events, ({ message }) => {
      const event = eventOf(message);
      if (!event) return;
      this.#events = [...this.#events, event].slice(-KEPT);
      for (const listener of [...this.#listeners]) listener(event);
    });
  }

  onEvent(listener: (event: DeviceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function eventOf(message: unknown): DeviceEvent | undefined {
  const { event, timestamp, component } = (message ?? {}) as Partial<DeviceEvent>;
  const isOne = typeof event === 'string' && typeof timestamp === 'string' && typeof component === 'string';
  return isOne ? (message as DeviceEvent) : undefined;
}
