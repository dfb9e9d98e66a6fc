import type { Inference } from '#packages/vision';
import { isEdgeError } from '#packages/foundation';
import type { Clock, EdgeError } from '#packages/foundation';

import type { Picture } from '../picture/picture.ts';
import type { ServiceSettings } from '../settings/service-settings.ts';
import { ServiceQueue } from './service-queue.ts';
import { refusalError } from './refusal.ts';
import type { Refusal, RejectionReason } from './refusal.ts';
import { QueuedRequest } from './queued-request.ts';
import type { QueuedRequestState } from './queued-request.ts';

/** The target of a request: the instance that serves an alias now. */
export interface Target {
  readonly capacity: number;
  /** Requests that it would take now. */
  readonly free: number;
  infer(picture: Picture, contentType?: string): Promise<Inference>;
}

export interface AdmissionPorts<T extends Target> {
  readonly clock: Clock;
  service(name: string): ServiceSettings;
  /** `pending` while a model is on its way to an alias that has none yet: requests wait for it. An error says why none answers. */
  target(alias: string): T | 'pending' | EdgeError | undefined;
  /** Aliases that answer now, to be named in errors. */
  aliases(): readonly string[];
  bounds(): { readonly concurrentRuns: number; readonly bufferedBytes: number };
  onRejected(service: string, reason: RejectionReason): void;
}

export interface Admitted<T extends Target, Result = Inference> {
  readonly inference: Result;
  readonly queueMs: number;
  /** The target that answered. */
  readonly target: T;
}

export interface AdmissionRequest {
  /** Size of the body if it is announced. It is not counted before it comes, but the request is refused at once if it will not fit. */
  readonly announcedBytes?: number | undefined;
  /** Milliseconds from now; the service's time-out is the upper bound. */
  readonly deadlineMs?: number;
}

/** A request that was let in. */
export type AdmittedRequest<T extends Target, Result = Inference> = QueuedRequest<Admitted<T, Result>, T>;

/**
 * Lets requests in, or says why not, and shares the workers' time between services. A request passes through
 * `enter` (headers are there), `hold` (bytes of its body came), `submit` (all of them are there: only now it takes a place in
 * the queue) and ends with its `answer`.
 */
export class Admission<T extends Target> {
  readonly #ports: AdmissionPorts<T>;
  readonly #queues = new Map<string, AdmissionQueue<T>>();
  readonly #open = new Set<AdmittedRequest<T, unknown>>();
  #turns = 0;
  #running = 0;
  #bufferedBytes = 0;
  /** Those of them that belong to bodies that are not complete. */
  #arrivingBytes = 0;
  #stopping = false;

  constructor(ports: AdmissionPorts<T>) {
    this.#ports = ports;
  }

  /** @throws EdgeError `admission.*` or `model.not-found` at once if the request cannot be taken. */
  enter<Result = Inference>(service: string, request: AdmissionRequest): AdmittedRequest<T, Result> {
    const settings = this.#ports.service(service);
    const queue = this.#queues.get(service) ?? new ServiceQueue<AdmittedRequest<T, unknown>>(service);
    const refusal = this.#refusal(queue, settings.alias, request);
    if (refusal) throw this.#rejected(service, refusal);

    this.#queues.set(service, queue);
    queue.uploading++;
    const admitted: AdmittedRequest<T, Result> = new QueuedRequest(service, (from) =>
      this.#leave(queue, admitted, from),
    );
    admitted.movedAt = this.#ports.clock.monotonic();
    this.#open.add(admitted);
    const deadlineMs = Math.min(settings.timeoutMs, request.deadlineMs ?? Infinity);
    admitted.startDeadline(this.#ports.clock, deadlineMs, () => this.#expired(queue, admitted, deadlineMs));
    return admitted;
  }

  /**
   * More of the body came and is kept. If all that is kept is more than may be, the body that has brought nothing for longest
   * gives its memory up; if all of them move, this one ends.
   */
  hold(request: AdmittedRequest<T, unknown>, bytes: number): void {
    if (request.state !== 'uploading') return;
    request.bytes += bytes;
    request.movedAt = this.#ports.clock.monotonic();
    this.#bufferedBytes += bytes;
    this.#arrivingBytes += bytes;
    while (!request.settled && !this.#fits(request.bytes)) {
      const stalled = this.#longestStalled();
      if (stalled)
        stalled.end(this.#rejected(stalled.service, { reason: 'displaced', stalledMs: this.#stillFor(stalled) }));
      else request.end(this.#rejected(request.service, this.#memoryFull(request.service)));
    }
  }

  /** The image is there: the request now waits for its turn. */
  submit(request: AdmittedRequest<T>, picture: Picture, contentType?: string): void {
    this.submitWork(request, (target) => target.infer(picture, contentType));
  }

  /** As `submit`, for other work than images. */
  submitWork<Result>(request: AdmittedRequest<T, Result>, work: (target: T) => Promise<Result>): void {
    const queue = this.#queues.get(request.service);
    if (request.state !== 'uploading' || !queue) return;
    const full = this.#queueFull(queue);
    if (full) return request.end(this.#rejected(request.service, full));
    this.#arrivingBytes -= request.bytes;
    request.state = 'waiting';
    request.work = (target) => {
      const queueMs = this.#ports.clock.monotonic() - request.readyAt;
      return work(target).then((inference) => ({ inference, queueMs, target }));
    };
    request.readyAt = this.#ports.clock.monotonic();
    queue.uploading--;
    queue.joinAmong(this.#queues.values());
    queue.waiting.add(request);
    this.pump();
  }

  /** The client hung up. */
  cancel(request: AdmittedRequest<T, unknown>): void {
    if (!request.settled) request.end(this.#rejected(request.service, { reason: 'cancelled' }));
  }

  /** Hands out work wherever a worker is free; to be called when one has become so. */
  pump(): void {
    for (let next = this.#next(); next; next = this.#next()) this.#run(next);
  }

  /** Refuses what comes from now on and ends what waits; what runs continues. */
  stop(): void {
    this.#stopping = true;
    for (const request of [...this.#open]) {
      if (request.state !== 'running') request.end(this.#rejected(request.service, { reason: 'stopping' }));
    }
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await Promise.all([...this.#open].map((request) => request.answer.catch(() => undefined)));
  }

  get depths(): ReadonlyMap<string, { readonly waiting: number; readonly running: number }> {
    return new Map([...this.#queues].map(([name, queue]) => [name, { waiting: queue.depth, running: queue.running }]));
  }

  /** Whether no request waits for a model. */
  get isQuiet(): boolean {
    for (const queue of this.#queues.values()) if (queue.depth > 0) return false;
    return true;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * The oldest request of the service on which the workers have spent the least time, of those whose model has a free worker.
   * A service of which nothing runs need not wait for the runs of others to end: the cores are then shared by the system.
   */
  #next(): Next<T> | undefined {
    const isFull = this.#running >= this.#ports.bounds().concurrentRuns;
    let next: Next<T> | undefined;
    for (const queue of this.#queues.values()) {
      const [request] = queue.waiting;
      if (!request || (isFull && queue.running > 0) || (next && isBefore(next.queue, queue))) continue;
      const target = this.#ports.target(this.#ports.service(queue.service).alias);
      if (target === undefined || isEdgeError(target)) this.#endWaiting(queue, target);
      else if (target !== 'pending' && target.free > 0) next = { queue, request, target };
    }
    return next;
  }

  #run({ queue, request, target }: Next<T>): void {
    const { clock } = this.#ports;
    const startedAt = clock.monotonic();
    const work = request.work!;
    request.work = undefined;
    request.state = 'running';
    queue.waiting.delete(request);
    queue.lastTurn = ++this.#turns;
    queue.running++;
    this.#running++;
    // Each further promise of the chain would cost every request.
    work(target).then(
      (admitted) => {
        request.resolve(admitted);
        this.#ran(queue, startedAt);
      },
      (error: Error) => {
        request.fail(error);
        this.#ran(queue, startedAt);
      },
    );
  }

  #ran(queue: AdmissionQueue<T>, startedAt: number): void {
    queue.ran(this.#ports.clock.monotonic() - startedAt);
    queue.running--;
    this.#running--;
    this.#forget(queue);
    this.pump();
  }

  #refusal(queue: AdmissionQueue<T>, alias: string, request: AdmissionRequest): Refusal | undefined {
    if (this.#stopping) return { reason: 'stopping' };
    const target = this.#ports.target(alias);
    if (target === undefined) return { reason: 'no-model', alias };
    if (isEdgeError(target)) return { reason: 'quarantined', error: target };
    const full = this.#queueFull(queue);
    if (full) return full;
    const complete = this.#bufferedBytes - this.#arrivingBytes;
    const announced = request.announcedBytes ?? 0;
    if (complete > 0 && complete + announced > this.#ports.bounds().bufferedBytes)
      return this.#memoryFull(queue.service);
    return undefined;
  }

  #queueFull(queue: AdmissionQueue<T>): Refusal | undefined {
    const { depth, service } = queue;
    if (depth < this.#ports.service(service).queueLength) return undefined;
    return { reason: 'queue-full', retryAfterSeconds: this.#retryAfterSeconds(service), depth };
  }

  #memoryFull(service: string): Refusal {
    return { reason: 'memory-full', retryAfterSeconds: this.#retryAfterSeconds(service) };
  }

  #retryAfterSeconds(service: string): number {
    const target = this.#ports.target(this.#ports.service(service).alias);
    const capacity = target === undefined || target === 'pending' || isEdgeError(target) ? 1 : target.capacity;
    return this.#queues.get(service)?.retryAfterSeconds(capacity) ?? 1;
  }

  /** One request may always be kept, however large it is. */
  #fits(bytes: number): boolean {
    return this.#bufferedBytes <= Math.max(bytes, this.#ports.bounds().bufferedBytes);
  }

  #longestStalled(): AdmittedRequest<T, unknown> | undefined {
    let longest: AdmittedRequest<T, unknown> | undefined;
    for (const one of this.#open) {
      if (one.state !== 'uploading' || one.bytes === 0 || this.#stillFor(one) < STALLED_MS) continue;
      if (!longest || one.movedAt < longest.movedAt) longest = one;
    }
    return longest;
  }

  #stillFor(request: AdmittedRequest<T, unknown>): number {
    return this.#ports.clock.monotonic() - request.movedAt;
  }

  #expired(queue: AdmissionQueue<T>, request: AdmittedRequest<T, unknown>, deadlineMs: number): EdgeError {
    const where = WHERE[request.state];
    if (request.state === 'waiting' && this.#ports.target(this.#ports.service(queue.service).alias) === 'pending') {
      return this.#rejected(queue.service, { reason: 'model-loading', deadlineMs, retryAfterSeconds: 1 });
    }
    return this.#rejected(queue.service, { reason: 'deadline', deadlineMs, where });
  }

  #endWaiting(queue: AdmissionQueue<T>, error: EdgeError | undefined): void {
    const { alias } = this.#ports.service(queue.service);
    const refusal: Refusal = error ? { reason: 'quarantined', error } : { reason: 'no-model', alias };
    for (const request of [...queue.waiting]) request.end(this.#rejected(queue.service, refusal));
  }

  #leave(queue: AdmissionQueue<T>, request: AdmittedRequest<T, unknown>, from: QueuedRequestState): void {
    this.#open.delete(request);
    this.#bufferedBytes -= request.bytes;
    if (from === 'uploading') {
      queue.uploading--;
      this.#arrivingBytes -= request.bytes;
    }
    queue.waiting.delete(request);
    this.#forget(queue);
  }

  /** Services are named by clients: a queue that holds nothing is not kept. */
  #forget(queue: AdmissionQueue<T>): void {
    if (queue.idle && this.#queues.size > MAX_IDLE_LANES) this.#queues.delete(queue.service);
  }

  #rejected(service: string, refusal: Refusal): EdgeError {
    this.#ports.onRejected(service, refusal.reason);
    return refusalError(service, refusal, this.#ports.aliases());
  }
}

const MAX_IDLE_LANES = 64;
/** A body that brought nothing for this long may lose its memory to one that moves. */
const STALLED_MS = 500;

type Turn = Pick<ServiceQueue<QueuedRequest<unknown>>, 'shareMs' | 'lastTurn'>;

/** Among equals, the one that was served longest ago. */
function isBefore(one: Turn, other: Turn): boolean {
  return one.shareMs === other.shareMs ? one.lastTurn < other.lastTurn : one.shareMs < other.shareMs;
}

type AdmissionQueue<T extends Target> = ServiceQueue<AdmittedRequest<T, unknown>>;

interface Next<T extends Target> {
  readonly queue: AdmissionQueue<T>;
  readonly request: AdmittedRequest<T, unknown>;
  readonly target: T;
}

const WHERE: Readonly<Record<QueuedRequestState, string>> = {
  uploading: 'while its body was on the way',
  waiting: 'while it waited for a worker',
  running: 'while it ran',
  settled: 'after its answer',
};
