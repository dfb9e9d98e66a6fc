import { Backoff, sleep } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import type { StoreFailureFacts } from './errors.ts';
import { failureFacts, uploadTimedOut } from './store-failure.ts';

export interface UploadAttemptsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Names of the events that tell of trouble and of its end. */
  readonly events: { readonly failed: string; readonly recovered: string };
  /** Told of every failure that makes an upload wait, and, without facts, that its subject works. */
  readonly onTrouble?: (subject: string, facts?: { readonly error: unknown }) => void;
  /** Bound on one attempt. */
  readonly timeoutMs: () => number;
  /** Longest wait between attempts. */
  readonly capMs: () => number;
  /** Wait after the first refusal of a bucket. Default 1 s, as after any other failure. */
  readonly bucketBaseMs?: number;
}

/** An object on its way, under any name that stays the same over its attempts. */
export interface UploadTarget {
  readonly bucket: string;
  readonly object: string;
}

export type UploadAttempt<Result> =
  | { readonly state: 'done'; readonly result: Result }
  | FailedAttempt
  /** It failed because `stop` was called: nothing is to be concluded from it. */
  | { readonly state: 'stopped' };

export interface FailedAttempt {
  readonly state: 'failed';
  readonly error: unknown;
  readonly facts: StoreFailureFacts;
  /** How often the store has refused the object itself, this time included. */
  readonly refusals: number;
  /** The object has not met this code before. */
  readonly isNew: boolean;
}

const BASE_MS = 1_000;

/**
 * Attempts to bring objects into buckets, and what their failures mean for the next: each is bounded in time; a failure
 * lets the object, its bucket or the whole store wait, as its fault says, longer each time; trouble is told at its
 * beginning, when its code changes and when it is over. When to try which object is the caller's to choose.
 */
export class UploadAttempts {
  readonly #options: UploadAttemptsOptions;
  readonly #stop = new AbortController();
  readonly #store: Trouble;
  readonly #buckets = new Map<string, Trouble>();
  readonly #objects = new Map<string, Trouble & { readonly codes: Set<string> }>();

  constructor(options: UploadAttemptsOptions) {
    this.#options = options;
    this.#store = { backoff: new Backoff(options, BASE_MS), code: undefined };
  }

  /** Aborted by `stop`. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether the store as a whole fails: until an attempt succeeds, one at a time says enough. */
  get isStoreFailing(): boolean {
    return this.#store.backoff.failures > 0;
  }

  /** Milliseconds until an attempt makes sense: for the store, in a bucket, of an object. */
  msLeft({ bucket, object }: Partial<UploadTarget> = {}): number {
    const [inBucket, ofObject] = [this.#buckets.get(bucket ?? ''), this.#objects.get(object ?? '')];
    return Math.max(this.#store.backoff.msLeft, inBucket?.backoff.msLeft ?? 0, ofObject?.backoff.msLeft ?? 0);
  }

  /** Waits until an attempt makes sense. False when `stop` was called instead. */
  async ready(target: UploadTarget): Promise<boolean> {
    const ms = this.msLeft(target);
    if (ms > 0) await sleep(this.#options.clock, ms, this.#stop.signal).catch(() => undefined);
    return !this.#stop.signal.aborted;
  }

  isRefusedBy(bucket: string): boolean {
    return this.#buckets.has(bucket);
  }

  /** Whether there was an attempt since the object was last stored or forgotten. */
  hasTried(object: string): boolean {
    return this.#objects.has(object);
  }

  /** Runs `upload` once. Never rejects. `facts` are told with a failure. */
  async attempt<Result>(
    target: UploadTarget,
    upload: (signal: AbortSignal) => Promise<Result>,
    facts: object = target,
  ): Promise<UploadAttempt<Result>> {
    const object = this.#objects.get(target.object) ?? { ...this.#trouble(BASE_MS), codes: new Set<string>() };
    this.#objects.set(target.object, object);
    try {
      const result = await this.#withinTime(upload);
      this.#succeeded(target);
      return { state: 'done', result };
    } catch (error) {
      if (this.#stop.signal.aborted) return { state: 'stopped' };
      const failure = failureFacts(error);
      this.#failed(this.#troubleOf(failure, target.bucket, object), failure, { ...facts, error });
      this.#options.onTrouble?.(subjectOf(failure, target), { error });
      const isNew = !object.codes.has(failure.code);
      object.codes.add(failure.code);
      return { state: 'failed', error, facts: failure, refusals: object.backoff.failures, isNew };
    }
  }

  /** Lets the store as a whole wait, for a failure that is not its own. */
  hold(): void {
    this.#store.backoff.failed(this.#options.capMs());
  }

  /** Tries again at once what waited for the store or a bucket: something may have been corrected. */
  forgive(): void {
    this.#store.backoff.succeeded();
    this.#buckets.clear();
  }

  /** For an object that will not be tried again. */
  forget(object: string): void {
    this.#options.onTrouble?.(objectSubject(object));
    this.#objects.delete(object);
  }

  /** Aborts what runs. Idempotent. */
  stop(reason: Error): void {
    this.#stop.abort(reason);
  }

  async #withinTime<Result>(upload: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const timeoutMs = this.#options.timeoutMs();
    const late = new AbortController();
    const cancel = this.#options.clock.after(timeoutMs, () => late.abort(uploadTimedOut(timeoutMs)));
    try {
      return await upload(AbortSignal.any([late.signal, this.#stop.signal]));
    } catch (error) {
      late.signal.throwIfAborted();
      throw error;
    } finally {
      cancel();
    }
  }

  #succeeded({ bucket, object }: UploadTarget): void {
    const { log, events } = this.#options;
    for (const trouble of [this.#store, this.#buckets.get(bucket), this.#objects.get(object)]) {
      if (trouble?.code !== undefined) log.info({ bucket, after: trouble.code }, events.recovered);
    }
    for (const subject of [STORE, bucketSubject(bucket), objectSubject(object)]) this.#options.onTrouble?.(subject);
    this.#store.backoff.succeeded();
    this.#store.code = undefined;
    this.#buckets.delete(bucket);
    this.#objects.delete(object);
  }

  #failed(trouble: Trouble, { code, fault }: StoreFailureFacts, facts: object): void {
    const { log, events, capMs } = this.#options;
    if (trouble.code === code) log.debug({ ...facts, fault }, events.failed);
    else log.warn({ ...facts, fault }, events.failed);
    trouble.code = code;
    trouble.backoff.failed(capMs());
  }

  /** The work that has to wait. */
  #troubleOf({ fault }: StoreFailureFacts, bucket: string, object: Trouble): Trouble {
    switch (fault) {
      case 'moment':
      case 'credentials':
        return this.#store;
      case 'object':
        return object;
      case 'destination': {
        const known = this.#buckets.get(bucket) ?? this.#trouble(this.#options.bucketBaseMs ?? BASE_MS);
        this.#buckets.set(bucket, known);
        return known;
      }
    }
  }

  #trouble(baseMs: number): Trouble {
    return { backoff: new Backoff(this.#options, baseMs), code: undefined };
  }
}

const STORE = 'object store';

function bucketSubject(bucket: string): string {
  return `bucket ${bucket}`;
}

function objectSubject(object: string): string {
  return `object ${object}`;
}

/** Names the thing that has to wait. */
function subjectOf({ fault }: StoreFailureFacts, { bucket, object }: UploadTarget): string {
  if (fault === 'object') return objectSubject(object);
  return fault === 'destination' ? bucketSubject(bucket) : STORE;
}

/** How often in a row something failed, and with which code last. */
interface Trouble {
  readonly backoff: Backoff;
  code: string | undefined;
}
