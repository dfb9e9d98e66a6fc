import type { Clock, Logger } from '#packages/foundation';

import type { Change } from './journal-record.ts';
import { CHUNK_BYTES, Journal, journalFile, REMOVAL_BYTES } from './journal.ts';
import { recover } from './recover.ts';
import type { SpoolFolder } from './spool-folder.ts';
import type { SpoolState } from './spool-state.ts';

/** A journal of this length is replaced by a snapshot when most of it is history. */
const REPLACE_AT_BYTES = 262_144;
const REPLACE_WHEN_TIMES_LARGER = 4;
/** A line of a snapshot about one sample, with the room for its removal. */
const SNAPSHOT_BYTES_PER_SAMPLE = 384 + REMOVAL_BYTES;

/** The state of the spool together with the journal that makes it durable. Calls must come one after the other. */
export class Ledger {
  readonly state: SpoolState;
  readonly #folder: SpoolFolder;
  readonly #log: Logger;
  #journal: Journal;
  #replaceAt = REPLACE_AT_BYTES;

  private constructor(folder: SpoolFolder, log: Logger, state: SpoolState, journal: Journal) {
    this.#folder = folder;
    this.#log = log;
    this.state = state;
    this.#journal = journal;
  }

  static async open(folder: SpoolFolder, clock: Clock, log: Logger): Promise<Ledger> {
    const { state, journal } = await recover(folder, clock, log);
    return new Ledger(folder, log, state, journal);
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#journal.bytes;
  }

  /** Bytes on the disk at most, while this journal grows by a piece and while the next one is made beside it. */
  get mostBytes(): number {
    return this.#journal.bytes + CHUNK_BYTES + this.#snapshotBytes();
  }

  /** Makes changes durable and applies them: all or, when it rejects, none. Leaving never needs room on the disk. */
  async commit(changes: readonly Change[]): Promise<void> {
    if (this.#journal.broken) await this.#replace();
    const records = this.state.recordsOf(changes);
    const samples = this.state.entries.size + changes.reduce((sum, { t }) => sum + SAMPLES_MORE[t], 0);
    await this.#journal.append(records, samples * REMOVAL_BYTES);
    for (const record of records) this.state.apply(record);
    await this.#replaceWhenLong();
  }

  /** Books an attempt. Outlives a kill; the last of them may be lost with the power, all of them while the disk is full. */
  async noteAttempt(id: string, bytes: number, at: number): Promise<void> {
    const change = { t: 'y', at, id, b: bytes } as const;
    if (await this.#note(change)) return;
    const hasRoom = (await this.#folder.freeBytes()) > 2 * this.#snapshotBytes();
    if (hasRoom && (await this.#tryToReplace()) && (await this.#note(change))) return;
    for (const record of this.state.recordsOf([change])) this.state.apply(record);
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  async #note(change: Change): Promise<boolean> {
    const [record] = this.state.recordsOf([change]);
    if (!record || !(await this.#journal.note(record, this.#reserveBytes()))) return false;
    this.state.apply(record);
    return true;
  }

  async #replaceWhenLong(): Promise<void> {
    const used = this.#journal.usedBytes;
    if (used < this.#replaceAt || used < REPLACE_WHEN_TIMES_LARGER * this.#snapshotBytes()) return;
    this.#replaceAt = (await this.#tryToReplace()) ? REPLACE_AT_BYTES : used + CHUNK_BYTES;
  }

  async #tryToReplace(): Promise<boolean> {
    try {
      await this.#replace();
      return true;
    } catch (error) {
      this.#log.warn({ error }, 'spool.journal-not-replaced');
      return false;
    }
  }

  async #replace(): Promise<void> {
    const old = this.#journal;
    this.#journal = await Journal.create(this.#folder, old.number + 1, this.state.snapshot(), this.#reserveBytes());
    await old.close().catch(() => undefined);
    if (!this.#journal.broken) await this.#folder.remove(journalFile(old.number)).catch(() => undefined);
  }

  #snapshotBytes(): number {
    return 2 * CHUNK_BYTES + this.state.entries.size * SNAPSHOT_BYTES_PER_SAMPLE;
  }

  #reserveBytes(): number {
    return this.state.entries.size * REMOVAL_BYTES;
  }
}

const SAMPLES_MORE = { a: 1, y: 0, m: 0, u: -1, x: -1 } as const satisfies Record<Change['t'], number>;
