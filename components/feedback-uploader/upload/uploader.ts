import { Backoff, isEdgeError, sleep } from '#packages/foundation';
import { UploadAttempts } from '#packages/object-store';
import type { FailedAttempt, PutReceipt } from '#packages/object-store';

import type { SpoolEntry } from '../spool/entry-index.ts';
import type { NotedAttempt } from '../spool/spool.ts';
import type { SampleHeader, StoredSample } from '../spool/stored-sample.ts';
import { bytesSent, mostBytesOf } from './bytes-sent.ts';
import { recordOf } from './record-of.ts';
import type { RecordObject } from './record-of.ts';
import { UplinkBudget } from './uplink-budget.ts';
import type { UploaderPorts, UploadSettings } from './upload-ports.ts';

const RECORD_FORM = { contentType: 'application/json', metadata: {} } as const;
/** First wait after books that could not be written. */
const BOOKS_BASE_MS = 1_000;
/** First wait after the refusal of a bucket: somebody has to correct something. */
const BUCKET_BASE_MS = 10_000;
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
  readonly #attempts: UploadAttempts;
  readonly #running = new Set<Promise<void>>();
  /** Samples whose JSON an attempt of this process has stored, and in which bucket. */
  readonly #recorded = new Map<string, string>();
  #bytesInMemory = 0;
  #settings: UploadSettings;
  #wake: () => void = () => undefined;
  #isWoken = false;
  #isStopping = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(ports: UploaderPorts, settings: UploadSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#attempts = new UploadAttempts({
      ...ports,
      events: { failed: 'upload.failed', recovered: 'upload.recovered' },
      timeoutMs: () => this.#settings.timeoutMs,
      capMs: () => this.#settings.retryCapMs,
      bucketBaseMs: BUCKET_BASE_MS,
    });
    this.#budget = new UplinkBudget(ports.clock, ports.spool.uplink);
    this.#budget.setLimits(settings.limits);
  }

  async start(): Promise<void> {
    await this.#followAll();
    this.#ports.spool.onEvent((event) => {
      if (event.type !== 'accepted') {
        this.#attempts.forget(event.entry.id);
        this.#recorded.delete(event.entry.id);
      }
      this.wake();
    });
    this.#loop = this.#run();
  }

  /** Holds at once; what waited for the store or a bucket is tried again. */
  async setSettings(settings: UploadSettings): Promise<void> {
    this.#settings = settings;
    this.#budget.setLimits(settings.limits);
    await this.#followAll();
    this.#attempts.forgive();
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
    const abort = (): void => this.#attempts.stop(new Error('the uploader stops'));
    const cancel = this.#ports.clock.after(STOP_GRACE_MS, abort);
    await Promise.all(this.#running);
    cancel();
    abort();
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
    const slots = this.#attempts.isStoreFailing ? 1 : this.#settings.parallel;
    if (this.#running.size >= slots) return Infinity;
    const storeMsLeft = this.#attempts.msLeft();
    if (storeMsLeft > 0) return storeMsLeft;
    let soonest = Infinity;
    const entry = spool.next((candidate) => {
      if (!this.#budget.canEverSend(this.#mostCostOf(candidate))) return false;
      const msLeft = this.#attempts.msLeft({ bucket: candidate.bucket, object: candidate.id });
      if (msLeft > 0) soonest = Math.min(soonest, msLeft);
      return msLeft === 0;
    });
    if (!entry) return soonest;
    if (this.#running.size > 0 && this.#bytesInMemory + entry.bytes > MEMORY_BYTES) return Infinity;
    return this.#budget.msUntil(this.#mostCostOf(entry)) || entry;
  }

  async #begin(entry: SpoolEntry): Promise<void> {
    const { spool, log } = this.#ports;
    spool.take(entry.id);
    this.#bytesInMemory += entry.bytes;
    try {
      const sample = await spool.read(entry);
      const record = this.#recordOf(entry, sample.header);
      const noted = await spool.noteAttempt(entry.id, bytesSent(entry.bodyBytes) + bytesOf(record));
      this.#budget.paceAfter(noted.bytes);
      const task = this.#upload(entry, sample, record, noted).finally(() => {
        this.#running.delete(task);
        this.#leave(entry);
        this.wake();
      });
      this.#running.add(task);
    } catch (error) {
      this.#leave(entry);
      log.warn({ id: entry.id, error }, 'upload.sample-not-readable');
      if (!isEdgeError(error) || error.code !== 'spool.corrupt-sample') this.#attempts.hold();
    }
  }

  #leave(entry: SpoolEntry): void {
    this.#ports.spool.release(entry.id);
    this.#bytesInMemory -= entry.bytes;
    this.#ports.onDropped?.(entry.bytes);
  }

  /** The JSON that goes before the sample, so that every sample in the bucket has its own; undefined if it is there. */
  #recordOf({ id, bucket }: SpoolEntry, header: SampleHeader): RecordObject | undefined {
    const { recordsOf } = this.#settings;
    return recordsOf === undefined || this.#recorded.get(id) === bucket ? undefined : recordOf(header, recordsOf);
  }

  #mostCostOf({ bytes, bodyBytes }: SpoolEntry): number {
    return mostBytesOf(bytes - bodyBytes, bodyBytes, this.#settings.recordsOf !== undefined);
  }

  async #upload(
    entry: SpoolEntry,
    { header, body }: StoredSample,
    record: RecordObject | undefined,
    noted: NotedAttempt,
  ): Promise<void> {
    const { reporter, clock, store, log } = this.#ports;
    const { contentType, metadata, key } = header;
    const { bucket } = entry;
    const unlessExists = entry.attempted || this.#attempts.hasTried(entry.id);
    if (!unlessExists) reporter.begun(header, body.length);
    const startedAt = clock.monotonic();
    let isRecordSent = false;
    const put = async (signal: AbortSignal): Promise<PutReceipt> => {
      if (record) {
        await store.put({ bucket, ...record, ...RECORD_FORM, unlessExists }, signal);
        this.#recorded.set(entry.id, bucket);
        isRecordSent = true;
      }
      return store.put({ bucket, key, body, contentType, metadata, unlessExists }, signal);
    };
    const outcome = await this.#attempts.attempt({ bucket, object: entry.id }, put, { id: entry.id, bucket });
    if (outcome.state === 'stopped') return;
    const ms = clock.monotonic() - startedAt;
    if (outcome.state === 'done') {
      reporter.attempted('ok', noted.bytes, ms);
      await this.#finish(header, { bucket, key }, outcome.result).catch((error: unknown) => {
        // Told to stop: the sample waits on, and the next process finds its object in the store.
        if (this.#attempts.stopping.aborted) return;
        log.error({ id: entry.id, error }, 'upload.not-finished');
        this.#attempts.hold();
      });
    } else {
      reporter.attempted(isEdgeError(outcome.error) ? outcome.error.code : 'unknown', noted.bytes, ms);
      const sent = isRecordSent ? bytesOf(record) : 0;
      await this.#failed(header, outcome, { ...noted, bytes: noted.bytes - sent });
    }
  }

  /** The object is in the store: from here on only the announcement and the books are repeated, never the upload. */
  async #finish(header: SampleHeader, at: { bucket: string; key: string }, receipt: PutReceipt): Promise<void> {
    const { reporter, spool, clock, log } = this.#ports;
    await reporter.uploaded(header, at, receipt, this.#attempts.stopping);
    const backoff = new Backoff(this.#ports, BOOKS_BASE_MS);
    for (;;) {
      try {
        return await spool.uploaded(header.id);
      } catch (error) {
        log.error({ id: header.id, error }, 'upload.not-recorded');
        backoff.failed(this.#settings.retryCapMs);
        await sleep(clock, backoff.msLeft, this.#attempts.stopping);
      }
    }
  }

  /** @param noted what was booked for the request that failed */
  async #failed(header: SampleHeader, failed: FailedAttempt, noted: NotedAttempt): Promise<void> {
    const { reporter, spool } = this.#ports;
    const { facts, isNew, refusals } = failed;
    if (facts.nothingSent) {
      this.#budget.refund(noted.bytes);
      await spool.refund(noted);
    }
    if (facts.fault !== 'destination' && facts.fault !== 'object') return;
    if (isNew) reporter.refused(header, facts);
    if (facts.fault === 'destination') return this.#follow(header.configId);
    if (refusals >= REFUSALS_TO_EVICT) await spool.evict(header.id, 'refused');
  }

  /**
   * A sample keeps the bucket that it was accepted for while an object of it may be there; else, and when that bucket
   * refuses, it follows a corrected configuration.
   */
  async #follow(configId: string): Promise<void> {
    const bucket = this.#settings.buckets.get(configId);
    if (bucket === undefined) return;
    const isMeant = (entry: SpoolEntry): boolean =>
      entry.configId === configId && (!entry.attempted || this.#attempts.isRefusedBy(entry.bucket));
    await this.#ports.spool.redirect(isMeant, bucket).catch((error: unknown) => {
      this.#ports.log.warn({ configId, bucket, error }, 'upload.not-redirected');
    });
  }

  async #followAll(): Promise<void> {
    for (const configId of this.#settings.buckets.keys()) await this.#follow(configId);
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

function bytesOf(record: RecordObject | undefined): number {
  return record ? bytesSent(record.body.length) : 0;
}
