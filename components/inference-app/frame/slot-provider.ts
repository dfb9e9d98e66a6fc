import { frameBytes, MIN_SLOTS, ringBytes, tightStrides } from '#packages/frames';
import type { FrameLayout } from '#packages/frames';
import { isEdgeError } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';
import type { AgentClient } from '#packages/http';
import { framesSubject } from '../sources/subjects.ts';
import { FrameSlots, OwnMemory, RingMemory } from './frame-slots.ts';

export interface SlotProviderOptions {
  readonly agent: Pick<AgentClient, 'leaseRing'>;
  readonly incidents: Incidents;
  readonly clock: Clock;
}

/** One is written, one runs, one is prepared, one waits; two more for services of other speed, and for pictures that are drawn. */
const SLOTS = 6;

/** How long frames go over the socket before a ring is asked for again; doubled each time up to the last. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** Finds memory for the frames of a stream: a ring of the agent, else this process' own. */
export class SlotProvider {
  readonly #options: SlotProviderOptions;
  /** Attempts without a ring since the last that had one, by source. */
  readonly #failures = new Map<string, number>();

  constructor(options: SlotProviderOptions) {
    this.#options = options;
  }

  /**
   * Never rejects: without a ring frames go over the socket, which is said once.
   * @param source for messages
   */
  async open(source: string, layout: FrameLayout, signal: AbortSignal): Promise<FrameSlots> {
    const { agent, incidents, clock } = this.#options;
    const subject = framesSubject(source);
    try {
      const lease = await agent.leaseRing({ slotBytes: frameBytes(layout), slots: SLOTS }, { signal });
      try {
        const slots = new FrameSlots(layout, new RingMemory(lease, layout, clock));
        this.#failures.delete(source);
        incidents.resolved(subject, 'frames.in-shared-memory-again');
        return slots;
      } catch (thrown) {
        lease.end();
        throw thrown;
      }
    } catch (thrown) {
      if (!signal.aborted) incidents.opened(subject, 'frames.over-the-socket', { source, error: thrown });
      const failures = this.#failures.get(source) ?? 0;
      this.#failures.set(source, failures + 1);
      const again = clock.monotonic() + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
      const own = new OwnMemory(layout, SLOTS, () => clock.monotonic() >= again);
      return new FrameSlots(layout, own, fitWidthOf(layout, thrown));
    }
  }
}

/** The width of frames that fit a full memory: two thirds of their own at least, which is a little less than half of the pixels. */
function fitWidthOf(layout: FrameLayout, thrown: unknown): number | undefined {
  const freeBytes = isEdgeError(thrown) && thrown.code === 'frames.memory-full' ? thrown.facts['freeBytes'] : undefined;
  if (typeof freeBytes !== 'number') return undefined;
  for (let width = layout.width - (layout.width % STEP || STEP); width >= (layout.width * 2) / 3; width -= STEP) {
    const height = 2 * Math.ceil((layout.height * width) / layout.width / 2);
    const smaller = { ...layout, width, height, strides: tightStrides(layout.format, width) };
    if (ringBytes({ slots: MIN_SLOTS, slotBytes: frameBytes(smaller) }) <= freeBytes) return width;
  }
  return undefined;
}

/** In pixels. */
const STEP = 16;
