import { Worker } from 'node:worker_threads';

import type { Clock } from '../../common/clock/clock.ts';
import { fromWire, isEdgeError, messageOf } from '../../common/errors/edge-error.ts';
import type { EdgeError } from '../../common/errors/edge-error.ts';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import type { Inference } from '../vision/loaded-model.ts';
import { generationErrors } from './errors.ts';
import type { GenerationFacts, OpenProgress, TensorFeeds, TensorRun } from './generation.ts';
import type { FromWorker, ToWorker, WorkerPlan } from './protocol.ts';
import type { ThreadRegister } from './thread-register.ts';

export interface WorkerThreadOptions {
  /** The bundle `generation-worker.js`. */
  readonly file: string;
  readonly plan: WorkerPlan;
  /** Takes the memory of images back. */
  readonly buffers: BufferPool;
  /** Counts the threads that there are. */
  readonly threads: ThreadRegister;
  readonly clock: Clock;
  readonly loadTimeoutMs: number;
  readonly stuckAfterMs: number;
  readonly signal: AbortSignal;
  progress(step: OpenProgress): void;
}

interface Pending {
  readonly id: number;
  resolve(value: Inference | TensorRun): void;
  reject(error: Error): void;
}

/** One thread with one loaded model. Takes one request at a time. */
export class WorkerThread {
  readonly facts: GenerationFacts;
  /** Resolves with the reason when the thread ends by itself or is given up; never after `close`. */
  readonly lost: Promise<EdgeError>;
  /** Resolves when the thread has really ended. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #options: WorkerThreadOptions;
  #current: Pending | undefined;
  #nextId = 1;
  #gone = false;
  #reportLost: (error: EdgeError) => void = () => undefined;

  /**
   * Starts the thread and waits until its model is loaded, warm and tested.
   * @throws EdgeError of the model, `generation.start-failed`, `generation.start-timeout`; the signal's reason when aborted
   */
  static async open(options: WorkerThreadOptions): Promise<WorkerThread> {
    options.signal.throwIfAborted();
    const worker = new Worker(options.file, { workerData: options.plan, resourceLimits: HEAP_LIMITS, name: 'model' });
    options.threads.add(worker);
    try {
      return new WorkerThread(worker, await openedFacts(worker, options), options);
    } catch (thrown) {
      await leave(worker, options.clock);
      throw thrown;
    }
  }

  private constructor(worker: Worker, facts: GenerationFacts, options: WorkerThreadOptions) {
    this.#worker = worker;
    this.facts = facts;
    this.#options = options;
    this.lost = new Promise((resolve) => (this.#reportLost = resolve));
    this.exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    let cause: unknown;
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('messageerror', (error) => this.#lose(crashed(error)));
    worker.on('error', (error) => (cause = error));
    worker.on('exit', (code) => this.#lose(crashed(cause ?? new Error(`the thread ended with code ${code}`))));
  }

  get busy(): boolean {
    return this.#current !== undefined;
  }

  infer(image: Uint8Array<ArrayBuffer>, contentType?: string): Promise<Inference> {
    return this.#ask<Inference>((id) => this.#send({ kind: 'infer', id, image, contentType }, image.buffer));
  }

  inferTensors({ tensors, memory }: TensorFeeds): Promise<TensorRun> {
    return this.#ask<TensorRun>((id) => this.#send({ kind: 'tensors', id, tensors, memory }, memory));
  }

  /** Lets the model give its memory back and the thread end, once what it does is done; does not wait for ever. Idempotent. */
  async close(): Promise<void> {
    this.#gone = true;
    const ended = generationErrors.error('generation.ended', 'the model was taken out of service');
    this.#settle((current) => current.reject(ended));
    await leave(this.#worker, this.#options.clock);
  }

  #ask<Answer extends Inference | TensorRun>(send: (id: number) => void): Promise<Answer> {
    if (this.#gone || this.busy) return Promise.reject(generationErrors.error('generation.busy', 'the worker is busy'));
    const id = this.#nextId++;
    const { clock, stuckAfterMs } = this.#options;
    const cancel = clock.after(stuckAfterMs, () => {
      const message = `a request ran for more than ${stuckAfterMs} ms; its worker is being replaced`;
      this.#lose(generationErrors.error('generation.worker-stuck', message, { facts: { stuckAfterMs } }));
      // Whenever it comes back, it ends.
      this.#send({ kind: 'close' });
    });
    const answer = new Promise<Answer>((resolve, reject) => {
      // The worker answers each kind of question with its own kind of answer.
      this.#current = { id, resolve: (value) => resolve(value as Answer), reject };
    });
    send(id);
    return answer.finally(cancel);
  }

  #take(message: FromWorker): void {
    if (message.kind !== 'answer' && message.kind !== 'tensors-answer' && message.kind !== 'error') return;
    this.#options.buffers.give(message.memory);
    if (this.#current?.id !== message.id) return;
    this.#settle((current) => {
      if (message.kind === 'error') current.reject(fromWire(message.error));
      else current.resolve(message.kind === 'answer' ? message.inference : message.run);
    });
  }

  #lose(error: EdgeError): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#settle((current) => current.reject(error));
    this.#reportLost(error);
  }

  #settle(how: (current: Pending) => void): void {
    const current = this.#current;
    this.#current = undefined;
    if (current) how(current);
  }

  #send(message: ToWorker, ...transfer: ArrayBuffer[]): void {
    this.#worker.postMessage(message, transfer);
  }
}

/** Longer than a worker needs to end itself. What is still there then is in native code; see `ThreadRegister`. */
const LEAVE_MS = 5_000;

/** `threadId` of a thread that has ended. */
const EXITED = -1;

async function leave(worker: Worker, clock: Clock): Promise<void> {
  if (worker.threadId === EXITED) return;
  await new Promise<void>((resolve) => {
    const cancel = clock.after(LEAVE_MS, resolve);
    worker.once('exit', () => {
      cancel();
      resolve();
    });
    worker.postMessage({ kind: 'close' } satisfies ToWorker);
  });
}

/** Images and tensors lie outside of the heap: a worker's heap holds little more than code. */
const HEAP_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 } as const;

function openedFacts(worker: Worker, options: WorkerThreadOptions): Promise<GenerationFacts> {
  const { clock, loadTimeoutMs, signal } = options;
  return new Promise<GenerationFacts>((resolve, reject) => {
    const onMessage = (message: FromWorker): void => {
      if (message.kind === 'progress') options.progress(message.step);
      if (message.kind === 'opened') settle(() => resolve(message.facts));
      if (message.kind === 'failed') settle(() => reject(fromWire(message.error)));
    };
    const onEnd = (reason: unknown): void => settle(() => reject(startFailed(reason)));
    const onAbort = (): void => settle(() => reject(isError(signal.reason) ? signal.reason : new Error('aborted')));
    const onTimeout = (): void => {
      const message = `the model did not load within ${loadTimeoutMs} ms`;
      settle(() => reject(generationErrors.error('generation.start-timeout', message, { facts: { loadTimeoutMs } })));
    };
    const cancelTimer = clock.after(loadTimeoutMs, onTimeout);
    const settle = (how: () => void): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
      // From here on an error of a thread that failed to open has no other listener, and must not end the process.
      worker.on('error', () => undefined);
      how();
    };
    worker.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function startFailed(reason: unknown): EdgeError {
  if (isEdgeError(reason)) return reason;
  const what = typeof reason === 'number' ? `it ended with code ${reason}` : messageOf(reason);
  return generationErrors.error('generation.start-failed', `the worker of the model did not start: ${what}`, {
    cause: reason,
  });
}

function crashed(cause: unknown): EdgeError {
  const message = `the worker that ran the model crashed: ${messageOf(cause)}`;
  return generationErrors.error('generation.worker-crashed', message, { cause });
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}
