import { Worker } from 'node:worker_threads';
import { fromWire } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import type { BufferPool } from '../../buffers/buffer-pool.ts';
import { transferOf } from '../../picture/picture.ts';
import type { LoadedPicture } from '../../picture/picture.ts';
import { leave } from './leave-worker.ts';
import type { FromPreparer, PreparerPlan, ToPreparer } from '../protocol.ts';
import type { ThreadRegister } from './thread-register.ts';

export interface PreparerThreadOptions {
  /** The bundle `instance-worker.js`. */
  readonly file: string;
  readonly plan: PreparerPlan;
  readonly buffers: BufferPool;
  readonly threads: ThreadRegister;
  readonly clock: Clock;
  /** The image of this request cannot be decoded. */
  onRefused(id: number, error: Error): void;
  /** The thread has ended by itself. */
  onLost(cause: unknown): void;
}

/** The thread that decodes and resizes the next image while the model runs. Holds no model, so it is small. */
export class PreparerThread {
  readonly #worker: Worker;
  readonly #options: PreparerThreadOptions;
  #preparing: number | undefined;
  #closed = false;

  constructor(options: PreparerThreadOptions) {
    const { file, plan, threads } = options;
    this.#options = options;
    this.#worker = new Worker(file, {
      workerData: plan,
      transferList: [plan.runner],
      resourceLimits: HEAP_LIMITS,
      name: 'preparer',
    });
    threads.add(this.#worker);
    let cause: unknown;
    this.#worker.on('message', (message: FromPreparer) => this.#take(message));
    this.#worker.on('error', (error) => (cause = error));
    this.#worker.on('exit', (code) => {
      if (!this.#closed) options.onLost(cause ?? new Error(`the thread that prepares images ended with code ${code}`));
    });
  }

  /** Whether it is at work on an image; one that was handed on counts no more. */
  get busy(): boolean {
    return this.#preparing !== undefined;
  }

  /** Its result goes to the model's thread. */
  prepare(id: number, picture: LoadedPicture): void {
    this.#preparing = id;
    this.#worker.postMessage({ kind: 'prepare', id, picture } satisfies ToPreparer, transferOf(picture));
  }

  /** The request has its answer; its thread's own word of the hand-over may come later. */
  answered(id: number): void {
    if (this.#preparing === id) this.#preparing = undefined;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await leave(this.#worker, this.#options.clock);
  }

  #take(message: FromPreparer): void {
    if (message.memory) this.#options.buffers.give(message.memory);
    this.answered(message.id);
    if (message.kind === 'refused') this.#options.onRefused(message.id, fromWire(message.error));
  }
}

const HEAP_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 } as const;
