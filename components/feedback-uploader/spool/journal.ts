import { checkedLine } from '#packages/foundation';
import type { ChangeRecord, SnapshotRecord } from './journal-record.ts';
import type { JournalReading } from './read-journal.ts';
import type { OpenFile, SpoolFolder } from './spool-folder.ts';

/** The journal grows by this much at a time, in zeros. */
export const CHUNK_BYTES = 65_536;
/** A record of a sample's leaving has less. */
export const REMOVAL_BYTES = 192;

/**
 * Write-ahead journal of the spool: one checked line per change, durable before the change counts.
 *
 * Its room is taken in advance, and every accepted sample has paid for the record of its own leaving. So a full disk
 * cannot keep samples from being uploaded or evicted, which is what frees it.
 */
export class Journal {
  readonly number: number;
  readonly #file: OpenFile;
  #end: number;
  #bytes: number;
  #broken = false;

  private constructor(number: number, file: OpenFile, end: number, bytes: number) {
    this.number = number;
    this.#file = file;
    this.#end = end;
    this.#bytes = bytes;
  }

  /** Starts a new journal from a snapshot. Until it is whole, under its name and durable, the old one stays the journal. */
  static async create(
    folder: SpoolFolder,
    number: number,
    snapshot: Iterable<SnapshotRecord>,
    reserveBytes: number,
  ): Promise<Journal> {
    const lines = joined(snapshot);
    const end = lines.reduce((total, piece) => total + piece.length, 0);
    const bytes = roundUp(end + reserveBytes + 1);
    const temporary = temporaryFile(number);
    await folder.remove(temporary);
    await folder.write(temporary, [...lines, Buffer.alloc(bytes - end)]);
    const file = await folder.open(temporary);
    try {
      await folder.rename(temporary, journalFile(number));
    } catch (thrown) {
      await file.close().catch(() => undefined);
      throw thrown;
    }
    const journal = new Journal(number, file, end, bytes);
    // After a loss of power either name may be the newest now: nothing may be added to the old one nor to this one.
    await folder.sync().catch(() => (journal.#broken = true));
    return journal;
  }

  /** Goes on with a journal as it was found. */
  static async reopen(folder: SpoolFolder, number: number, reading: JournalReading, bytes: number): Promise<Journal> {
    const file = await folder.open(journalFile(number));
    const journal = new Journal(number, file, reading.end, bytes);
    await journal.#erase(reading.unfinished);
    return journal;
  }

  /** Bytes of the file, zeros included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the records. */
  get usedBytes(): number {
    return this.#end;
  }

  /** Whether nothing more can be written here: what the file holds behind the last record is not known any more. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Makes records durable, all or none. `reserveBytes` stay free behind them. */
  async append(records: readonly ChangeRecord[], reserveBytes: number): Promise<void> {
    const lines = Buffer.concat(records.map(checkedLine));
    await this.#makeRoom(lines.length + reserveBytes);
    try {
      await this.#file.write(this.#end, lines);
      await this.#file.sync();
    } catch (thrown) {
      await this.#erase(lines.length);
      throw thrown;
    }
    this.#end += lines.length;
  }

  /** Writes a record that may be lost with the power, but not with the process; false if there is no room for it. */
  async note(record: ChangeRecord, reserveBytes: number): Promise<boolean> {
    const line = checkedLine(record);
    if (this.#broken || this.#end + line.length + reserveBytes > this.#bytes) return false;
    try {
      await this.#file.write(this.#end, line);
    } catch {
      await this.#erase(line.length);
      return false;
    }
    this.#end += line.length;
    return true;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #makeRoom(bytes: number): Promise<void> {
    const missing = this.#end + bytes - this.#bytes;
    if (missing <= 0) return;
    const more = Buffer.alloc(roundUp(missing));
    await this.#file.write(this.#bytes, more);
    this.#bytes += more.length;
  }

  /** Puts zeros over what a failed write may have left. After a failed sync nobody knows what is on the disk. */
  async #erase(bytes: number): Promise<void> {
    if (bytes === 0) return;
    try {
      await this.#file.write(this.#end, Buffer.alloc(bytes));
      await this.#file.sync();
    } catch {
      this.#broken = true;
    }
  }
}

const PREFIX = 'journal-';
const DIGITS = 8;

export function journalFile(number: number): string {
  return `${PREFIX}${String(number).padStart(DIGITS, '0')}.log`;
}

/** Number of a journal's file; undefined for other files. */
export function journalNumberOf(file: string): number | undefined {
  const match = /^journal-(\d+)\.log$/.exec(file);
  return match ? Number(match[1]) : undefined;
}

function temporaryFile(number: number): string {
  return `${PREFIX}${number}.tmp`;
}

/** Lines in pieces of about a chunk, so that a write is not one line. */
function joined(records: Iterable<SnapshotRecord>): readonly Buffer[] {
  const pieces: Buffer[] = [];
  let lines: Buffer[] = [];
  let bytes = 0;
  for (const record of records) {
    const line = checkedLine(record);
    lines.push(line);
    bytes += line.length;
    if (bytes < CHUNK_BYTES) continue;
    pieces.push(Buffer.concat(lines));
    lines = [];
    bytes = 0;
  }
  return [...pieces, Buffer.concat(lines)];
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / CHUNK_BYTES) * CHUNK_BYTES;
}
