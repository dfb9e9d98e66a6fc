import { frameBudget, frameErrors, makeRingFolder, RingStore, SHARED_MEMORY } from '#packages/frames';
import type { Clock, EdgeError, Logger } from '#packages/foundation';
import type { OwnedFolder } from '#packages/posix';

export interface FrameMemoryOptions {
  /** On tmpfs. Default: /dev/shm. */
  readonly parent?: string;
  /** `FrameMemoryMB`; asked for each ring, since the setting may change. */
  readonly budgetMB: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The agent's shared memory for frames, or why it does not have any: frames then come as bodies of requests. */
export class FrameMemory {
  readonly #folder: OwnedFolder | undefined;
  readonly #rings: RingStore | undefined;
  readonly #missing: EdgeError | undefined;

  constructor({ parent = SHARED_MEMORY, budgetMB, clock, log }: FrameMemoryOptions) {
    try {
      const folder = makeRingFolder(parent, clock.now());
      this.#folder = folder;
      this.#rings = new RingStore({
        folder: folder.path,
        budget: (bytes) => frameBudget(budgetMB(), folder.path, bytes),
      });
    } catch (thrown) {
      if (!frameErrors.is(thrown, 'frames.unavailable')) throw thrown;
      this.#missing = thrown;
      log.info({ reason: thrown.message }, 'frames.no-shared-memory');
    }
  }

  /** The folder that the processes of models may read; undefined if there is none. */
  get folder(): string | undefined {
    return this.#folder?.path;
  }

  /** @throws EdgeError `frames.unavailable` */
  get rings(): RingStore {
    if (this.#rings) return this.#rings;
    throw this.#missing ?? frameErrors.error('frames.unavailable', 'there is no shared memory', { facts: {} });
  }

  /** Bytes of all rings. */
  get bytes(): number {
    return this.#rings?.bytes ?? 0;
  }

  /** Takes all rings away. Idempotent. */
  close(): void {
    this.#folder?.remove();
  }
}
