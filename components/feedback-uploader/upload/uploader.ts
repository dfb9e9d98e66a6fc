import { Backoff, isEdgeError, sleep } from '#packages/foundation';
import { failureFacts, objectStoreErrors } from '#packages/object-store';
import type { PutReceipt, StoreFailureFacts } from '#packages/object-store';

import type { SpoolEntry } from '../spool/entry-index.ts';
import type { NotedAttempt } from '../spool/spool.ts';
import type { SampleHeader, StoredSample } from '../spool/stored-sample.ts';
import { UplinkBudget } from './uplink-budget.ts';
import type { UploaderPorts, UploadSettings } from './upload-ports.ts';

/** Request line, headers with session token and signature, and TLS around a body, rounded up. */
export const REQUEST_OVERHEAD_BYTES = 2_500;
/** First wait after a failure. */
const RETRY_BASE_MS = 1_000;
const DESTINATION_BASE_MS = 10_000;
/** An object that was refused as often will never be taken. */
const REFUSALS_TO_EVICT = 3;
/** Time for running uploads to end by themselves when the component stops. */
const STOP_GRACE_MS = 2_000;
/** Samples in memory that are being uploaded, together; a larger one goes alone. */
const MEMORY_BYTES = 16_000_000;

/** Uploads what waits in the spool, most important first, within the uplink's budget, as long as it takes. */
export class Uploader {
  readonly #ports: UploaderPorts;
  readonly #budget: UplinkBudget;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #store: Backoff;
  readonly #destinations = new Map<string, Backoff>();
  readonly #samples = new Map<string, SampleIncident>();
  #bytesInMemory = 0;
  #settings: UploadSettings;
  #wake: () => void = () => undefined;
  #isWoken = false;
  #isStopping = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(ports: UploaderPorts, settings: UploadSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#store = new Backoff(ports, RETRY_BASE_MS);
    this.#budget = new UplinkBudget(ports.clock, ports.spool.uplink);
    this.#budget.setLimits(settings.limits);
  }

  async start(): Promise<void> {
    await this.#followAll();
    this.#ports.spool.onEvent((event) => {
      if (event.type !== 'accepted') this.#samples.delete(event.entry.id);
      this.wake();
    });
    this.#loop = this.#run();
  }

  /** Holds at once; what waited for the store or a bucket is tried again. */
  async setSettings(settings: UploadSettings): Promise<void> {
    this.#settings = settings;
    this.#budget.setLimits(settings.limits);
    await this.#followAll();
    this.#store.succeeded();
    this.#destinations.clear();
    this.wake();
  }

  /** Looks again for something to do. */
  wake(): void {
    this.#isWoken = true;
    this.#wake();
  }

  /** Lets running uploads end for two seconds, then stops them. Their samples wait on. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.wake();
    await this.#loop;
    const cancel = this.#ports.clock.after(STOP_GRACE_MS, () => this.#stop.abort(new Error('the uploader stops')));
    await Promise.all(this.#running);
    cancel();
    this.#stop.abort(new Error('the uploader stops'));
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false;
      const next = this.#choose();
      if (typeof next === 'number') await this.#pause(next);
      else await this.#begin(next);
    }
  }

  /** The sample to begin with now, or milliseconds to wait; any change of things wakes earlier. */
  #choose(): SpoolEntry | number {
    const { spool } = this.#ports;
    const slots = this.#store.failures > 0 ? 1 : this.#settings.parallel;
    if (this.#running.size >= slots) return Infinity;
    if (this.#store.msLeft > 0) return this.#store.msLeft;
    let soonest = Infinity;
    const entry = spool.next((candidate) => {
      if (!this.#budget.canEverSend(costOf(candidate))) return false;
      const msLeft = Math.max(
        this.#destinations.get(candidate.bucket)?.msLeft ?? 0,
        this.#samples.get(candidate.id)?.backoff.msLeft ?? 0,
      );
      if (msLeft > 0) soonest = Math.min(soonest, msLeft);
      return msLeft === 0;
    });
    if (!entry) return soonest;
    if (this.#running.size > 0 && this.#bytesInMemory + entry.bytes > MEMORY_BYTES) return Infinity;
    return this.#budget.msUntil(costOf(entry)) || entry;
  }

  async #begin(entry: SpoolEntry): Promise<void> {
    const { spool, log } = this.#ports;
    spool.take(entry.id);
    this.#bytesInMemory += entry.bytes;
    try {
      const sample = await spool.read(entry);
      const noted = await spool.noteAttempt(entry.id, costOf(entry));
      this.#budget.paceAfter(noted.bytes);
      const task = this.#upload(entry, sample, noted).finally(() => {
        this.#running.delete(task);
        this.#leave(entry);
        this.wake();
      });
      this.#running.add(task);
    } catch (error) {
      this.#leave(entry);
      log.warn({ id: entry.id, error }, 'upload.sample-not-readable');
      if (!isEdgeError(error) || error.code !== 'spool.corrupt-sample') this.#store.failed(this.#settings.retryCapMs);
    }
  }

  #leave(entry: SpoolEntry): void {
    this.#ports.spool.release(entry.id);
    this.#bytesInMemory -= entry.bytes;
    this.#ports.onDropped?.(entry.bytes);
  }

  async #upload(entry: SpoolEntry, { header, body }: StoredSample, noted: NotedAttempt): Promise<void> {
    const { reporter, clock, store } = this.#ports;
    const at = { bucket: entry.bucket, key: header.key };
    const earlier = this.#samples.get(entry.id);
    if (!entry.attempted && !earlier) reporter.begun(header, body.length);
    const trouble = earlier ?? { backoff: new Backoff(this.#ports, RETRY_BASE_MS), told: new Set<string>() };
    this.#samples.set(entry.id, trouble);
    const startedAt = clock.monotonic();
    const unlessExists = entry.attempted || earlier !== undefined;
    const { contentType, metadata } = header;
    try {
      const receipt = await this.#within((signal) =>
        store.put({ ...at, body, contentType, metadata, unlessExists }, signal),
      );
      reporter.attempted('ok', noted.bytes, clock.monotonic() - startedAt);
      this.#store.succeeded();
      this.#destinations.delete(at.bucket);
      await this.#finish(header, at, receipt);
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      reporter.attempted(isEdgeError(thrown) ? thrown.code : 'unknown', noted.bytes, clock.monotonic() - startedAt);
      await this.#failed(header, at.bucket, thrown, trouble, noted);
    }
  }

  /** The object is in the store: from here on only the announcement and the books are repeated, never the upload. */
  async #finish(header: SampleHeader, at: { bucket: string; key: string }, receipt: PutReceipt): Promise<void> {
    const { reporter, spool, clock, log } = this.#ports;
    await reporter.uploaded(header, at, receipt, this.#stop.signal);
    const backoff = new Backoff(this.#ports, RETRY_BASE_MS);
    for (;;) {
      try {
        return await spool.uploaded(header.id);
      } catch (error) {
        log.error({ id: header.id, error }, 'upload.not-recorded');
        backoff.failed(this.#settings.retryCapMs);
        await sleep(clock, backoff.msLeft, this.#stop.signal);
      }
    }
  }

  async #failed(
    header: SampleHeader,
    bucket: string,
    thrown: unknown,
    trouble: SampleIncident,
    noted: NotedAttempt,
  ): Promise<void> {
    const { reporter, spool, log } = this.#ports;
    const { retryCapMs } = this.#settings;
    const facts = failureFacts(thrown);
    log.warn({ id: header.id, bucket, error: thrown, fault: facts.fault }, 'upload.failed');
    if (facts.nothingSent) {
      this.#budget.refund(noted.bytes);
      await spool.refund(noted);
    }
    if (facts.fault === 'moment' || facts.fault === 'credentials') return this.#store.failed(retryCapMs);
    if (!trouble.told.has(facts.code)) reporter.refused(header, facts);
    trouble.told.add(facts.code);
    if (facts.fault === 'destination') {
      this.#destination(bucket).failed(retryCapMs);
      return this.#follow(header.configId);
    }
    trouble.backoff.failed(retryCapMs);
    if (trouble.backoff.failures >= REFUSALS_TO_EVICT) await spool.evict(header.id, 'refused');
  }

  async #within<Result>(task: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { timeoutMs } = this.#settings;
    const late = new AbortController();
    const cancel = this.#ports.clock.after(timeoutMs, () => late.abort(timedOut(timeoutMs)));
    try {
      return await task(AbortSignal.any([late.signal, this.#stop.signal]));
    } finally {
      cancel();
    }
  }

  /**
   * A sample keeps the bucket that it was accepted for while an object of it may be there; else, and when that bucket
   * refuses, it follows a corrected configuration.
   */
  async #follow(configId: string): Promise<void> {
    const bucket = this.#settings.buckets.get(configId);
    if (bucket === undefined) return;
    const isMeant = (entry: SpoolEntry): boolean =>
      entry.configId === configId && (!entry.attempted || this.#destinations.has(entry.bucket));
    await this.#ports.spool.redirect(isMeant, bucket).catch((error: unknown) => {
      this.#ports.log.warn({ configId, bucket, error }, 'upload.not-redirected');
    });
  }

  async #followAll(): Promise<void> {
    for (const configId of this.#settings.buckets.keys()) await this.#follow(configId);
  }

  #destination(bucket: string): Backoff {
    const known = this.#destinations.get(bucket) ?? new Backoff(this.#ports, DESTINATION_BASE_MS);
    this.#destinations.set(bucket, known);
    return known;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isWoken) return;
    await new Promise<void>((resolve) => {
      const cancel = ms === Infinity ? () => undefined : this.#ports.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

/** What went wrong with one sample in the life of this process. */
interface SampleIncident {
  readonly backoff: Backoff;
  /** Codes that its reporter knows. */
  readonly told: Set<string>;
}

function costOf({ bodyBytes }: SpoolEntry): number {
  return bodyBytes + REQUEST_OVERHEAD_BYTES;
}

function timedOut(timeoutMs: number) {
  const reason = `no answer within ${timeoutMs} ms`;
  const facts: StoreFailureFacts = { fault: 'moment', code: 'Timeout', reason, nothingSent: false };
  return objectStoreErrors.error('store.timeout', `upload failed: ${reason}`, { facts });
}
