import { Serial } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';

import type { UsageHistory } from '../usage/usage-history.ts';
import type { SpoolEntry } from './entry-index.ts';
import type { EvictionCounts, EvictionReason } from './journal-record.ts';
import { Ledger } from './ledger.ts';
import { entryOf } from './recover.ts';
import { closedError, corruptError, refusedError, writeError } from './refusals.ts';
import { admit, overhang } from './room.ts';
import type { Bound, Room, SpoolLimits } from './room.ts';
import type { SpoolFolder } from './spool-folder.ts';
import { bytesOnDisk } from './spool-folder.ts';
import { keptKey, UPLINK_KEY } from './spool-state.ts';
import { decodeSample, encodeSample, sampleFile } from './stored-sample.ts';
import type { SampleHeader, StoredSample } from './stored-sample.ts';

export interface SpoolOptions {
  readonly folder: SpoolFolder;
  readonly limits: SpoolLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

export type SpoolEvent =
  | { readonly type: 'accepted' | 'uploaded'; readonly entry: SpoolEntry }
  | { readonly type: 'evicted'; readonly entry: SpoolEntry; readonly reason: EvictionReason };

/** Always: accepted = uploaded + evicted + samples. */
export interface SpoolTotals {
  readonly accepted: number;
  readonly uploaded: number;
  readonly evicted: EvictionCounts;
  readonly samples: number;
  /** On the disk, journal included. */
  readonly bytes: number;
}

/** Bytes that were booked for an attempt. */
export interface NotedAttempt {
  readonly id: string;
  readonly bytes: number;
  readonly at: number;
}

/** Samples that are written and made durable together. */
const MAX_BATCH = 16;

interface Waiting {
  readonly chunks: readonly Uint8Array[];
  readonly entry: SpoolEntry;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

type Departure =
  { readonly t: 'u'; readonly id: string } | { readonly t: 'x'; readonly id: string; readonly r: EvictionReason };

/**
 * Samples on the disk until they are uploaded. An accepted sample survives a kill, a loss of power, a full disk and damaged
 * files; the books (accepted = uploaded + evicted + waiting) are kept in the same durable lines as the changes themselves.
 */
export class Spool {
  readonly #folder: SpoolFolder;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #ledger: Ledger;
  readonly #serial = new Serial();
  readonly #listeners = new Set<(event: SpoolEvent) => void>();
  readonly #taken = new Set<string>();
  #waiting: Waiting[] = [];
  #limits: SpoolLimits;
  #sampleBytes = 0;
  #isBatchAsked = false;
  #closing: Promise<void> | undefined;

  private constructor({ folder, limits, clock, log }: SpoolOptions, ledger: Ledger) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
    this.#ledger = ledger;
    for (const entry of ledger.state.entries.values()) this.#sampleBytes += bytesOnDisk(entry.bytes);
  }

  /**
   * Opens the folder, whatever state it was left in. Only one process may have it open.
   *
   * @throws EdgeError `spool.write-failed`, and `spool.disk-full` when the journal is damaged and a full disk has no room
   *   for a new one: nothing was changed then, and opening may be tried again
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const ledger = await Ledger.open(options.folder, options.clock, options.log).catch((thrown: unknown) => {
      throw writeError(thrown);
    });
    const spool = new Spool(options, ledger);
    options.log.info(spool.totals(), 'spool.opened');
    await spool.setLimits(options.limits);
    return spool;
  }

  totals(): SpoolTotals {
    const { accepted, uploaded, evicted, entries } = this.#ledger.state;
    return { accepted, uploaded, evicted, samples: entries.size, bytes: this.#sampleBytes + this.#ledger.bytes };
  }

  /** The sample of this id, if it waits. */
  waiting(id: string): SpoolEntry | undefined {
    return this.#ledger.state.entries.get(id);
  }

  /** Those that wait, the newest first. */
  newest(count: number): readonly SpoolEntry[] {
    return [...this.#ledger.state.entries.values()].slice(-count).reverse();
  }

  onEvent(listener: (event: SpoolEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Bytes sent, as `noteAttempt` told. */
  get uplink(): UsageHistory {
    return this.#ledger.state.usage(UPLINK_KEY);
  }

  /** Samples accepted per configuration. */
  kept(configId: string): UsageHistory {
    return this.#ledger.state.usage(keptKey(configId));
  }

  /**
   * Resolves when the sample is on the disk to stay.
   *
   * @throws EdgeError `spool.full`, `spool.disk-low`, `spool.disk-full`, `spool.write-failed`, `spool.closed`; the sample is then not kept.
   */
  accept(header: SampleHeader, body: Uint8Array): Promise<void> {
    if (this.#closing) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const chunks = encodeSample(header, body);
      const bytes = chunks.reduce((total, chunk) => total + chunk.length, 0);
      this.#waiting.push({ chunks, entry: entryOf(header, bytes, body.length), resolve, reject });
      this.#askForBatch();
    });
  }

  /** The sample to upload next among those that nobody has taken: most important first, of those the oldest. */
  next(isWanted: (entry: SpoolEntry) => boolean = () => true): SpoolEntry | undefined {
    for (const entry of this.#ledger.state.entries.inUploadOrder())
      if (!this.#taken.has(entry.id) && isWanted(entry)) return entry;
    return undefined;
  }

  /** Keeps a sample from being evicted or handed out until it is released or has left. */
  take(id: string): void {
    this.#taken.add(id);
  }

  release(id: string): void {
    this.#taken.delete(id);
  }

  /**
   * A waiting sample, checked.
   *
   * @throws EdgeError `spool.corrupt-sample`: the sample is evicted then
   */
  async read(entry: SpoolEntry): Promise<StoredSample> {
    const found = await this.#folder.read(sampleFile(entry.id)).then(decodeSample, (thrown: unknown) => {
      const code = (thrown as NodeJS.ErrnoException).code ?? '';
      if (UNREADABLE.has(code)) return code === 'ENOENT' ? 'missing' : undefined;
      throw thrown;
    });
    if (found !== 'missing' && found?.header.id === entry.id) return found;
    await this.evict(entry.id, found === 'missing' ? 'missing' : 'corrupt');
    throw corruptError(entry, found === 'missing' ? 'gone' : 'damaged');
  }

  /** Books bytes that an attempt may send, before it sends them. Outlives a kill; the last of them may be lost with the power. */
  async noteAttempt(id: string, bytes: number): Promise<NotedAttempt> {
    const at = this.#clock.now();
    await this.#serial.run(() => this.#ledger.noteAttempt(id, bytes, at));
    return { id, bytes, at };
  }

  /** Gives bytes back that an attempt did not send. */
  refund({ id, bytes, at }: NotedAttempt): Promise<void> {
    return this.#serial.run(() => this.#ledger.noteAttempt(id, -bytes, at));
  }

  /**
   * Sends waiting samples to another bucket.
   *
   * @throws EdgeError `spool.disk-full`, `spool.write-failed`: some may go where they did
   */
  redirect(isMeant: (entry: SpoolEntry) => boolean, bucket: string): Promise<void> {
    return this.#serial.run(async () => {
      const meant = [...this.#ledger.state.entries.values()].filter(
        (entry) => entry.bucket !== bucket && isMeant(entry),
      );
      for (let from = 0; from < meant.length; from += MAX_BATCH) {
        const batch = meant.slice(from, from + MAX_BATCH).map(({ id }) => ({ t: 'm', id, bucket }) as const);
        await this.#ledger.commit(batch).catch((thrown: unknown) => {
          throw writeError(thrown);
        });
      }
    });
  }

  /** @throws EdgeError `spool.write-failed`: the sample still counts as waiting */
  uploaded(id: string): Promise<void> {
    return this.#serial.run(() => this.#leave([{ t: 'u', id }]));
  }

  /** @throws EdgeError `spool.write-failed`: the sample still counts as waiting */
  evict(id: string, reason: EvictionReason): Promise<void> {
    return this.#serial.run(() => this.#leave([{ t: 'x', id, r: reason }]));
  }

  /** New bounds apply at once: samples beyond them are evicted. */
  setLimits(limits: SpoolLimits): Promise<void> {
    return this.#serial.run(async () => {
      this.#limits = limits;
      const victims = overhang(await this.#room(), this.#ledger.state.entries, this.#mayGo);
      await this.#leave(victims.map(({ entry, because }) => ({ t: 'x', id: entry.id, r: because })));
    });
  }

  /** Refuses new samples, finishes what was begun, closes the files. */
  close(): Promise<void> {
    return (this.#closing ??= this.#serial.run(async () => {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(closedError());
      await this.#ledger.close();
    }));
  }

  /** One turn for all that wait: a turn each would let the line grow while it is long, and hold on to every body in it. */
  #askForBatch(): void {
    if (this.#isBatchAsked || this.#waiting.length === 0) return;
    this.#isBatchAsked = true;
    void this.#serial.run(() => this.#acceptBatch());
  }

  async #acceptBatch(): Promise<void> {
    const batch = this.#waiting.splice(0, MAX_BATCH);
    this.#isBatchAsked = false;
    this.#askForBatch();
    if (batch.length === 0) return;
    const admitted = await this.#makeRoomFor(batch);
    const written = await this.#writeFiles(admitted);
    if (written.length === 0) return;
    try {
      await this.#folder.sync();
      const at = this.#clock.now();
      await this.#ledger.commit(written.map(({ entry }) => ({ t: 'a', at, e: entry })));
    } catch (thrown) {
      await this.#giveUp(written, thrown);
      return;
    }
    for (const { entry, resolve } of written) {
      this.#sampleBytes += bytesOnDisk(entry.bytes);
      resolve();
      this.#tell({ type: 'accepted', entry });
    }
  }

  async #makeRoomFor(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    try {
      const { admitted, refused, victims } = admit(batch, await this.#room(), this.#ledger.state.entries, this.#mayGo);
      for (const { newcomer, because } of refused) newcomer.reject(this.#refusal(newcomer.entry, because));
      await this.#leave(victims.map(({ entry, because }) => ({ t: 'x', id: entry.id, r: because })));
      return admitted;
    } catch (thrown) {
      for (const waiting of batch) waiting.reject(writeError(thrown));
      return [];
    }
  }

  async #writeFiles(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    const results = await Promise.allSettled(
      batch.map(({ entry, chunks }) => this.#folder.write(sampleFile(entry.id), chunks)),
    );
    return batch.filter((waiting, index) => {
      const result = results[index];
      if (result?.status === 'rejected') waiting.reject(writeError(result.reason));
      return result?.status === 'fulfilled';
    });
  }

  /** A file that cannot be removed now has no line in the journal and goes at the next start. */
  async #giveUp(batch: readonly Waiting[], cause: unknown): Promise<void> {
    for (const { entry } of batch) await this.#folder.remove(sampleFile(entry.id)).catch(() => undefined);
    for (const waiting of batch) waiting.reject(writeError(cause));
  }

  /** The journal first, the files then: a file without its sample is swept, a sample without its file would be a loss. */
  async #leave(departures: readonly Departure[]): Promise<void> {
    const { state } = this.#ledger;
    const leaving = departures.flatMap((change) => {
      const entry = state.entries.get(change.id);
      return entry ? [{ change, entry }] : [];
    });
    if (leaving.length === 0) return;
    await this.#ledger.commit(leaving.map(({ change }) => change)).catch((thrown: unknown) => {
      throw writeError(thrown);
    });
    for (const { change, entry } of leaving) {
      this.#taken.delete(entry.id);
      this.#sampleBytes -= bytesOnDisk(entry.bytes);
      await this.#folder.remove(sampleFile(entry.id)).catch((error: unknown) => {
        this.#log.warn({ id: entry.id, error }, 'spool.file-not-removed');
      });
      this.#tell(change.t === 'x' ? { type: 'evicted', entry, reason: change.r } : { type: 'uploaded', entry });
    }
  }

  async #room(): Promise<Room> {
    const { maxBytes, maxSamples, minFreeBytes } = this.#limits;
    return {
      bytes: maxBytes - this.#sampleBytes - this.#ledger.mostBytes,
      samples: maxSamples - this.#ledger.state.entries.size,
      diskBytes: (await this.#folder.freeBytes()) - minFreeBytes,
    };
  }

  readonly #mayGo = ({ id }: SpoolEntry): boolean => !this.#taken.has(id);

  #refusal(entry: SpoolEntry, because: Bound): Error {
    return refusedError(entry, because, this.#limits, this.#ledger.state.entries.size);
  }

  #tell(event: SpoolEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#log.error({ error, type: event.type }, 'spool.listener-failed');
      }
    }
  }
}

/** Errors of reading that mean the file, not the moment. */
const UNREADABLE = new Set(['ENOENT', 'EIO', 'EISDIR']);
