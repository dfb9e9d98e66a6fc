import type { Clock, EdgeError } from '#packages/foundation';

export type QueuedRequestState = 'uploading' | 'waiting' | 'running' | 'settled';

interface Settle<Answer> {
  resolve(value: Answer): void;
  reject(error: Error): void;
}

/**
 * One admitted request, from its first header to its answer. Settles once; what comes later is dropped.
 * `Worker` is what its work is done on.
 */
export class QueuedRequest<Answer, Worker = never> {
  readonly service: string;
  /**
   * Called once with the reason when the request ends early: past its deadline, cancelled, agent stopping. In place of an
   * AbortSignal, which costs more than everything else that admission does.
   */
  onEnded: ((reason: EdgeError) => void) | undefined;
  /** Set when the request has ended early. */
  ended: EdgeError | undefined;
  /** Bytes of the body that came and are kept. */
  bytes = 0;
  /** Monotonic time at which the last of them came. */
  movedAt = 0;
  readonly answer: Promise<Answer>;
  state: QueuedRequestState = 'uploading';
  /** The work to do, and the body with it, from its arrival until it is handed to a worker. */
  work: ((worker: Worker) => Promise<Answer>) | undefined;
  /** Monotonic time at which the body was complete. */
  readyAt = 0;
  readonly #onEnd: (from: QueuedRequestState) => void;
  #cancelDeadline: (() => void) | undefined;
  #settle: Settle<Answer> = { resolve: () => undefined, reject: () => undefined };

  constructor(service: string, onEnd: (from: QueuedRequestState) => void) {
    this.service = service;
    this.#onEnd = onEnd;
    this.answer = new Promise<Answer>((resolve, reject) => (this.#settle = { resolve, reject }));
    // A caller that only uploads does not look at the answer; the promise must then not count as unhandled.
    this.answer.catch(() => undefined);
  }

  get settled(): boolean {
    return this.state === 'settled';
  }

  startDeadline(clock: Clock, ms: number, expired: () => EdgeError): void {
    this.#cancelDeadline = clock.after(ms, () => this.end(expired()));
  }

  resolve(value: Answer): void {
    this.#finish((settle) => settle.resolve(value));
  }

  /** An error of the run itself. */
  fail(error: Error): void {
    this.#finish((settle) => settle.reject(error));
  }

  /** Ends the request wherever it is. */
  end(reason: EdgeError): void {
    this.#finish((settle) => {
      settle.reject(reason);
      this.ended = reason;
      this.onEnded?.(reason);
    });
  }

  #finish(how: (settle: Settle<Answer>) => void): void {
    if (this.settled) return;
    const from = this.state;
    this.state = 'settled';
    this.work = undefined;
    this.#cancelDeadline?.();
    how(this.#settle);
    this.#onEnd(from);
  }
}
