import type { Inference } from '#packages/vision';
import type { Clock, EdgeError } from '#packages/foundation';

import type { ServiceSettings } from '../settings/service-settings.ts';
import { Lane } from './lane.ts';
import { refusalError } from './refusal.ts';
import type { Refusal, RejectionReason } from './refusal.ts';
import { Ticket } from './ticket.ts';
import type { TicketState } from './ticket.ts';

/** What a request can be given to: the generation that serves an alias now. */
export interface Target {
  readonly capacity: number;
  /** Requests that it would take now. */
  readonly free: number;
  infer(image: Uint8Array<ArrayBuffer>, contentType?: string): Promise<Inference>;
}

export interface AdmissionPorts<T extends Target> {
  readonly clock: Clock;
  service(name: string): ServiceSettings;
  /** `pending` while a model is on its way to an alias that has none yet: requests wait for it. */
  target(alias: string): T | 'pending' | undefined;
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
  /** Size of the body where it is known, else an upper bound. */
  readonly bytes: number;
  /** Milliseconds from now; the service's time-out is the upper bound. */
  readonly deadlineMs?: number;
}

/** A request that was let in. */
export type AdmissionTicket<T extends Target, Result = Inference> = Ticket<Admitted<T, Result>, T>;

/**
 * Lets requests in, or says why not, and shares the workers' time between services. A request passes through
 * `enter` (headers are there), `submit` (body is there) and ends with `answer` of its ticket.
 */
export class Admission<T extends Target> {
  readonly #ports: AdmissionPorts<T>;
  readonly #lanes = new Map<string, TicketLane<T>>();
  readonly #open = new Set<AdmissionTicket<T, unknown>>();
  #turns = 0;
  #running = 0;
  #bufferedBytes = 0;
  #stopping = false;

  constructor(ports: AdmissionPorts<T>) {
    this.#ports = ports;
  }

  /** @throws EdgeError `admission.*` or `model.not-found` at once where the request cannot be taken. */
  enter<Result = Inference>(service: string, request: AdmissionRequest): AdmissionTicket<T, Result> {
    const settings = this.#ports.service(service);
    const lane = this.#lanes.get(service) ?? new Lane<AdmissionTicket<T, unknown>>(service);
    const refusal = this.#refusal(lane, settings, request);
    if (refusal) throw this.#rejected(service, refusal);

    this.#lanes.set(service, lane);
    lane.uploading++;
    this.#bufferedBytes += request.bytes;
    const ticket: AdmissionTicket<T, Result> = new Ticket(service, request.bytes, (from) =>
      this.#leave(lane, ticket, from),
    );
    this.#open.add(ticket);
    const deadlineMs = Math.min(settings.timeoutMs, request.deadlineMs ?? Infinity);
    ticket.startDeadline(this.#ports.clock, deadlineMs, () => this.#expired(lane, ticket, deadlineMs));
    return ticket;
  }

  /** The image is there: the request now waits for its turn. */
  submit(ticket: AdmissionTicket<T>, image: Uint8Array<ArrayBuffer>, contentType?: string): void {
    this.submitWork(ticket, (target) => target.infer(image, contentType));
  }

  /** As `submit`, for other work than images. */
  submitWork<Result>(ticket: AdmissionTicket<T, Result>, work: (target: T) => Promise<Result>): void {
    const lane = this.#lanes.get(ticket.service);
    if (ticket.state !== 'uploading' || !lane) return;
    ticket.state = 'waiting';
    ticket.work = async (target) => {
      const queueMs = this.#ports.clock.monotonic() - ticket.readyAt;
      return { inference: await work(target), queueMs, target };
    };
    ticket.readyAt = this.#ports.clock.monotonic();
    lane.uploading--;
    lane.joinAmong(this.#lanes.values());
    lane.waiting.add(ticket);
    this.pump();
  }

  /** The client hung up. */
  cancel(ticket: AdmissionTicket<T, unknown>): void {
    if (!ticket.settled) ticket.end(this.#rejected(ticket.service, { reason: 'cancelled' }));
  }

  /** Hands out work wherever a worker is free; to be called when one has become so. */
  pump(): void {
    for (let next = this.#next(); next; next = this.#next()) this.#run(next);
  }

  /** Refuses what comes from now on and ends what waits; what runs goes on. */
  stop(): void {
    this.#stopping = true;
    for (const ticket of [...this.#open]) {
      if (ticket.state !== 'running') ticket.end(this.#rejected(ticket.service, { reason: 'stopping' }));
    }
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await Promise.all([...this.#open].map((ticket) => ticket.answer.catch(() => undefined)));
  }

  get depths(): ReadonlyMap<string, { readonly waiting: number; readonly running: number }> {
    return new Map([...this.#lanes].map(([name, lane]) => [name, { waiting: lane.depth, running: lane.running }]));
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
    for (const lane of this.#lanes.values()) {
      const [ticket] = lane.waiting;
      if (!ticket || (isFull && lane.running > 0) || (next && isBefore(next.lane, lane))) continue;
      const target = this.#ports.target(this.#ports.service(lane.service).alias);
      if (target === undefined) this.#endWaiting(lane);
      else if (target !== 'pending' && target.free > 0) next = { lane, ticket, target };
    }
    return next;
  }

  #run({ lane, ticket, target }: Next<T>): void {
    const { clock } = this.#ports;
    const startedAt = clock.monotonic();
    const work = ticket.work!;
    ticket.work = undefined;
    ticket.state = 'running';
    lane.waiting.delete(ticket);
    lane.lastTurn = ++this.#turns;
    lane.running++;
    this.#running++;
    work(target)
      .then(
        (admitted) => ticket.resolve(admitted),
        (error: Error) => ticket.fail(error),
      )
      .finally(() => {
        lane.ran(clock.monotonic() - startedAt);
        lane.running--;
        this.#running--;
        this.#forget(lane);
        this.pump();
      });
  }

  #refusal(lane: TicketLane<T>, settings: ServiceSettings, request: AdmissionRequest): Refusal | undefined {
    if (this.#stopping) return { reason: 'stopping' };
    const target = this.#ports.target(settings.alias);
    if (target === undefined) return { reason: 'no-model', alias: settings.alias };
    const capacity = target === 'pending' ? 1 : target.capacity;
    const retryAfterSeconds = lane.retryAfterSeconds(capacity);
    if (lane.depth >= settings.queueLength) return { reason: 'queue-full', retryAfterSeconds, depth: lane.depth };
    if (this.#bufferedBytes + request.bytes > this.#ports.bounds().bufferedBytes && this.#bufferedBytes > 0) {
      return { reason: 'memory-full', retryAfterSeconds };
    }
    return undefined;
  }

  #expired(lane: TicketLane<T>, ticket: AdmissionTicket<T, unknown>, deadlineMs: number): EdgeError {
    const where = WHERE[ticket.state];
    return this.#rejected(lane.service, { reason: 'deadline', deadlineMs, where });
  }

  #endWaiting(lane: TicketLane<T>): void {
    const { alias } = this.#ports.service(lane.service);
    for (const ticket of [...lane.waiting]) ticket.end(this.#rejected(lane.service, { reason: 'no-model', alias }));
  }

  #leave(lane: TicketLane<T>, ticket: AdmissionTicket<T, unknown>, from: TicketState): void {
    this.#open.delete(ticket);
    this.#bufferedBytes -= ticket.bytes;
    if (from === 'uploading') lane.uploading--;
    lane.waiting.delete(ticket);
    this.#forget(lane);
  }

  /** Services are named by clients: a lane that holds nothing is not kept. */
  #forget(lane: TicketLane<T>): void {
    if (lane.idle && this.#lanes.size > MAX_IDLE_LANES) this.#lanes.delete(lane.service);
  }

  #rejected(service: string, refusal: Refusal): EdgeError {
    this.#ports.onRejected(service, refusal.reason);
    return refusalError(service, refusal, this.#ports.aliases());
  }
}

const MAX_IDLE_LANES = 64;

type Turn = Pick<Lane<Ticket<unknown>>, 'shareMs' | 'lastTurn'>;

/** Among equals, the one that was served longest ago. */
function isBefore(one: Turn, other: Turn): boolean {
  return one.shareMs === other.shareMs ? one.lastTurn < other.lastTurn : one.shareMs < other.shareMs;
}

type TicketLane<T extends Target> = Lane<AdmissionTicket<T, unknown>>;

interface Next<T extends Target> {
  readonly lane: TicketLane<T>;
  readonly ticket: AdmissionTicket<T, unknown>;
  readonly target: T;
}

const WHERE: Readonly<Record<TicketState, string>> = {
  uploading: 'while its body was on the way',
  waiting: 'while it waited for a worker',
  running: 'while it ran',
  settled: 'after its answer',
};
