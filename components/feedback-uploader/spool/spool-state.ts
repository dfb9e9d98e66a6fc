import type { Clock } from '#packages/foundation';

import { UsageHistory } from '../usage/usage-history.ts';
import { EntryIndex } from './entry-index.ts';
import type { SpoolEntry } from './entry-index.ts';
import { EVICTION_REASONS } from './journal-record.ts';
import type {
  Books,
  Change,
  ChangeRecord,
  EvictionCounts,
  EvictionReason,
  JournalRecord,
  SnapshotRecord,
  WholeState,
} from './journal-record.ts';

/** Use of the uplink in bytes, under this key of the usage; samples kept, under `keptKey(configId)`. */
export const UPLINK_KEY = 'uplink';
export const keptKey = (configId: string): string => `kept/${configId}`;

/** Everything that the journal knows. The same changes make the same state, live and when the journal is read again. */
export class SpoolState {
  readonly entries = new EntryIndex();
  readonly #clock: Clock;
  readonly #usage = new Map<string, UsageHistory>();
  #evicted: EvictionCounts = NOTHING_EVICTED;
  #seq = 0;
  #accepted = 0;
  #uploaded = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get uploaded(): number {
    return this.#uploaded;
  }

  get evicted(): EvictionCounts {
    return this.#evicted;
  }

  get seq(): number {
    return this.#seq;
  }

  usage(key: string): UsageHistory {
    const known = this.#usage.get(key) ?? new UsageHistory(this.#clock);
    this.#usage.set(key, known);
    return known;
  }

  /** The records of changes that are to be made one after the other from here. */
  recordsOf(changes: readonly Change[]): readonly ChangeRecord[] {
    let books = this.#books();
    return changes.map((change, index) => {
      books = booksAfter(books, change);
      return { ...change, s: this.#seq + index + 1, n: books };
    });
  }

  apply(record: ChangeRecord): void {
    this.#seq = record.s;
    switch (record.t) {
      case 'a':
        this.#accepted++;
        this.entries.set(record.e);
        this.usage(keptKey(record.e.configId)).add(1, this.#age(record.at));
        break;
      case 'y':
        this.usage(UPLINK_KEY).add(record.b, this.#age(record.at));
        this.#change(record.id, { attempted: true });
        break;
      case 'm':
        this.#change(record.id, { bucket: record.bucket });
        break;
      case 'u':
        this.#uploaded++;
        this.entries.delete(record.id);
        break;
      case 'x':
        this.#countEvicted(record.r, 1);
        this.entries.delete(record.id);
        break;
    }
  }

  /** The state as records that a new journal begins with. */
  *snapshot(): Generator<SnapshotRecord> {
    const usage = Object.fromEntries(
      [...this.#usage].filter(([, history]) => history.day.sum() > 0).map(([key, history]) => [key, history.save()]),
    );
    const whole = { s: this.#seq, at: this.#clock.now(), n: this.#books(), x: this.#evicted };
    yield { t: 'S', ...whole, u: usage };
    for (const e of this.entries.values()) yield { t: 'e', e };
    yield { t: 'E', ...whole, u: usage };
  }

  /**
   * Takes one record of a journal that is read again. Lines may be missing where the file was damaged.
   *
   * @returns false if the books show that something is missing before this record
   */
  replay(record: JournalRecord): boolean {
    if (record.t === 'S' || record.t === 'E') {
      this.#takeSnapshot(record);
      return true;
    }
    if (record.t === 'e') {
      this.entries.set(record.e);
      return true;
    }
    const follows = record.s === this.#seq + 1;
    this.apply(record);
    this.#takeBooks(record.n);
    return follows;
  }

  /** Samples that the books say should wait, less those that do. */
  missing(): number {
    return this.#accepted - this.#uploaded - sum(this.#evicted) - this.entries.size;
  }

  /** Makes the books agree with what waits: counts what is missing as evicted, what is too much as accepted. */
  balance(): void {
    const missing = this.missing();
    if (missing > 0) this.#countEvicted('missing', missing);
    else this.#accepted -= missing;
  }

  #books(): Books {
    return [this.#accepted, this.#uploaded, sum(this.#evicted)];
  }

  #takeBooks([accepted, uploaded, evicted]: Books): void {
    this.#accepted = accepted;
    this.#uploaded = uploaded;
    this.#countEvicted('unknown', evicted - sum(this.#evicted));
  }

  /** The second of the two lines repeats the first, in case that one is damaged. */
  #takeSnapshot({ s, at, n, x, u }: WholeState): void {
    this.#seq = s;
    [this.#accepted, this.#uploaded] = n;
    this.#evicted = { ...NOTHING_EVICTED, ...x };
    this.#usage.clear();
    for (const [key, saved] of Object.entries(u)) this.usage(key).restore(saved, this.#age(at));
  }

  #change(id: string, change: Partial<SpoolEntry>): void {
    const entry = this.entries.get(id);
    if (entry) this.entries.set({ ...entry, ...change });
  }

  #countEvicted(reason: EvictionReason, by: number): void {
    if (by !== 0) this.#evicted = { ...this.#evicted, [reason]: this.#evicted[reason] + by };
  }

  #age(at: number): number {
    return Math.max(0, this.#clock.now() - at);
  }
}

const NOTHING_EVICTED = Object.fromEntries(EVICTION_REASONS.map((reason) => [reason, 0])) as EvictionCounts;

export function sum(counts: EvictionCounts): number {
  return EVICTION_REASONS.reduce((total, reason) => total + counts[reason], 0);
}

function booksAfter([accepted, uploaded, evicted]: Books, { t }: Change): Books {
  if (t === 'a') return [accepted + 1, uploaded, evicted];
  if (t === 'u') return [accepted, uploaded + 1, evicted];
  if (t === 'x') return [accepted, uploaded, evicted + 1];
  return [accepted, uploaded, evicted];
}
