import { frameBytes } from '#packages/frames';
import type { FrameLayout } from '#packages/frames';
import type { Incidents } from '#packages/foundation';
import type { AgentClient } from '#packages/http';
import { FrameSlots, OwnMemory, RingMemory } from './frame-slots.ts';

export interface SlotProviderOptions {
  readonly agent: Pick<AgentClient, 'leaseRing'>;
  readonly incidents: Incidents;
}

/** One is written, one runs, one is prepared, one waits; two more for services of other speed, and for pictures that are drawn. */
const SLOTS = 6;

/** Finds memory for the frames of a stream: a ring of the agent, else this process' own. */
export class SlotProvider {
  readonly #options: SlotProviderOptions;

  constructor(options: SlotProviderOptions) {
    this.#options = options;
  }

  /**
   * Never rejects: without a ring frames go over the socket, which is said once.
   * @param source for messages
   */
  async open(source: string, layout: FrameLayout, signal: AbortSignal): Promise<FrameSlots> {
    const { agent, incidents } = this.#options;
    const subject = `frames of ${source}`;
    try {
      const lease = await agent.leaseRing({ slotBytes: frameBytes(layout), slots: SLOTS }, { signal });
      try {
        const slots = new FrameSlots(layout, new RingMemory(lease, layout));
        incidents.resolved(subject, 'frames.in-shared-memory-again');
        return slots;
      } catch (thrown) {
        lease.end();
        throw thrown;
      }
    } catch (thrown) {
      if (!signal.aborted) incidents.opened(subject, 'frames.over-the-socket', { source, error: thrown });
      return new FrameSlots(layout, new OwnMemory(layout, SLOTS));
    }
  }
}
