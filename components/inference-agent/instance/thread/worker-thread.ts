import { MessageChannel, Worker } from 'node:worker_threads';
import type { Inference } from '#packages/vision';
import { fromWire, messageOf } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import type { BufferPool } from '../../buffers/buffer-pool.ts';
import { agentErrors } from '../../errors.ts';
import type { ImageFile } from '../../picture/image-file.ts';
import { isFrame, transferOf } from '../../picture/picture.ts';
import type { LoadedPicture, Picture } from '../../picture/picture.ts';
import type { Executor, ExecutorOptions, OpenExecutor } from '../executor.ts';
import type { InstanceFacts, TensorFeeds, TensorRun } from '../model-instance.ts';
import { waitUntilOpen } from '../wait-until-open.ts';
import type { OpeningListener } from '../wait-until-open.ts';
import { leave } from './leave-worker.ts';
import { PendingRequests } from '../pending-requests.ts';
import { PreparerThread } from './preparer-thread.ts';
import type { FromWorker, Preparing, ToWorker } from '../protocol.ts';
import type { ThreadRegister } from './thread-register.ts';

export interface ThreadPorts {
  /** The bundle `instance-worker.js`. */
  readonly file: string;
  /** Takes the memory of images back. */
  readonly buffers: BufferPool;
  /** Counts the threads that there are. */
  readonly threads: ThreadRegister;
}

type WorkerThreadOptions = ExecutorOptions & ThreadPorts;

/**
 * Executors in threads of the agent: the least memory, and no wall between them. A native fault of one model ends the agent with all
 * of them, and nothing can be ended that does not end itself.
 */
export function threadExecutors(ports: ThreadPorts): OpenExecutor {
  return (options) => WorkerThread.open({ ...options, ...ports });
}

/**
 * One thread with one loaded model, which runs one request at a time, and where wanted a second that prepares the next image
 * meanwhile. An idle model's thread does all by itself, which saves a request that comes alone the way over the other thread.
 */
class WorkerThread implements Executor {
  readonly facts: InstanceFacts;
  /** Requests that it takes at once. */
  readonly capacity: 1 | 2;
  /** Resolves with the reason when the thread ends by itself or is given up; never after `close`. */
  readonly lost: Promise<EdgeError>;
  /** Resolves when the thread has really ended. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #preparer: PreparerThread | undefined;
  readonly #options: WorkerThreadOptions;
  readonly #pending: PendingRequests<Inference | TensorRun>;
  #gone = false;
  #reportLost: (error: EdgeError) => void = () => undefined;

  /**
   * Starts the thread and waits until its model is loaded, warm and tested.
   * @throws EdgeError of the model, `instance.start-failed`, `instance.start-timeout`; the signal's reason when aborted
   */
  static async open(options: WorkerThreadOptions): Promise<WorkerThread> {
    return options.turn(() => WorkerThread.#openNow(options));
  }

  static async #openNow(options: WorkerThreadOptions): Promise<WorkerThread> {
    options.signal.throwIfAborted();
    const worker = new Worker(options.file, { workerData: options.plan, resourceLimits: HEAP_LIMITS, name: 'model' });
    options.threads.add(worker);
    try {
      return new WorkerThread(worker, await waitUntilOpen((listener) => listenTo(worker, listener), options), options);
    } catch (thrown) {
      await leave(worker, options.clock);
      throw thrown;
    }
  }

  private constructor(worker: Worker, facts: InstanceFacts, options: WorkerThreadOptions) {
    const { clock, stuckAfterMs, prepareAhead } = options;
    this.#worker = worker;
    this.facts = facts;
    this.#options = options;
    this.#pending = new PendingRequests(clock, stuckAfterMs, () => this.#giveUp());
    this.lost = new Promise((resolve) => (this.#reportLost = resolve));
    this.exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    let cause: unknown;
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('messageerror', (error) => this.#lose(crashed(error)));
    worker.on('error', (error) => (cause = error));
    worker.on('exit', (code) => this.#lose(crashed(cause ?? new Error(`the thread ended with code ${code}`))));
    this.#preparer = prepareAhead && this.#startPreparer(prepareAhead(facts));
    this.capacity = this.#preparer ? 2 : 1;
  }

  /** Requests that it would take now. */
  get free(): number {
    return this.#gone ? 0 : this.capacity - this.#pending.size;
  }

  infer(picture: Picture, contentType?: string): Promise<Inference> {
    return this.#ask<Inference>((id) => {
      if (picture instanceof Uint8Array || isFrame(picture)) this.#sendImage(id, picture, contentType);
      else void this.#readAndSend(id, picture, contentType);
    });
  }

  inferTensors({ tensors, memory }: TensorFeeds): Promise<TensorRun> {
    return this.#ask<TensorRun>((id) => this.#send({ kind: 'tensors', id, tensors, memory }, memory));
  }

  /** Lets the model give its memory back and the thread end, once what it does is done; does not wait forever. Idempotent. */
  async close(): Promise<void> {
    this.#gone = true;
    this.#pending.rejectAll(agentErrors.error('instance.ended', 'the model was taken out of service'));
    await Promise.all([leave(this.#worker, this.#options.clock), this.#preparer?.close()]);
  }

  #sendImage(id: number, picture: LoadedPicture, contentType?: string): void {
    const isPrepared = this.#options.prepareFrames || !isFrame(picture);
    if (isPrepared && this.#pending.size > 1 && this.#preparer?.busy === false) this.#preparer.prepare(id, picture);
    else this.#send({ kind: 'infer', id, picture, contentType }, ...transferOf(picture));
  }

  async #readAndSend(id: number, file: ImageFile, contentType?: string): Promise<void> {
    try {
      this.#sendImage(id, await file.read(), contentType);
    } catch (thrown) {
      this.#pending.take(id)?.reject(thrown as Error);
    }
  }

  async #ask<Answer extends Inference | TensorRun>(send: (id: number) => void): Promise<Answer> {
    if (this.free === 0) throw agentErrors.error('instance.busy', 'the worker is busy');
    return new Promise<Answer>((resolve, reject) => {
      // The worker answers each kind of question with its own kind of answer.
      send(this.#pending.add({ resolve: (value) => resolve(value as Answer), reject }));
    });
  }

  #startPreparer(preparing: Preparing): PreparerThread {
    const { file, buffers, threads, clock } = this.#options;
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ kind: 'preparer', port: port1 } satisfies ToWorker, [port1]);
    return new PreparerThread({
      file,
      buffers,
      threads,
      clock,
      plan: { ...preparing, runner: port2 },
      onRefused: (id, error) => this.#pending.take(id)?.reject(error),
      onLost: (cause) => this.#abandon(crashed(cause)),
    });
  }

  #take(message: FromWorker): void {
    if (message.kind !== 'answer' && message.kind !== 'tensors-answer' && message.kind !== 'error') return;
    if (message.memory) this.#options.buffers.give(message.memory);
    this.#preparer?.answered(message.id);
    const pending = this.#pending.take(message.id);
    if (message.kind === 'error') pending?.reject(fromWire(message.error));
    else pending?.resolve(message.kind === 'answer' ? message.inference : message.run);
  }

  #giveUp(): void {
    const { stuckAfterMs } = this.#options;
    const message = `a request ran for more than ${stuckAfterMs} ms; its worker is being replaced`;
    this.#abandon(agentErrors.error('instance.worker-stuck', message, { facts: { stuckAfterMs } }));
  }

  /** Whenever the model's thread comes back, it ends. */
  #abandon(error: EdgeError): void {
    this.#lose(error);
    this.#send({ kind: 'close' });
  }

  #lose(error: EdgeError): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#pending.rejectAll(error);
    void this.#preparer?.close();
    this.#reportLost(error);
  }

  #send(message: ToWorker, ...transfer: ArrayBuffer[]): void {
    this.#worker.postMessage(message, transfer);
  }
}

function listenTo(worker: Worker, listener: OpeningListener): () => void {
  const onMessage = (message: FromWorker): void => {
    if (message.kind === 'progress') listener.progress(message.step);
    if (message.kind === 'opened') listener.opened(message.facts);
    if (message.kind === 'failed') listener.failed(fromWire(message.error));
  };
  const onEnd = (reason: unknown): void => listener.ended(reason);
  worker.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
  return () => {
    worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
    // From here on an error of a thread that failed to open has no other listener, and must not end the process.
    worker.on('error', () => undefined);
  };
}

/** Images and tensors lie outside of the heap: a worker's heap holds little more than code. */
const HEAP_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 } as const;

function crashed(cause: unknown): EdgeError {
  const message = `the worker that ran the model crashed: ${messageOf(cause)}`;
  return agentErrors.error('instance.worker-crashed', message, { cause });
}
