/** A sample that waits, as far as deciding about it takes; the rest is in its file. */
export interface SpoolEntry {
  readonly id: string;
  readonly configId: string;
  /** Where it goes; the bucket in its file is where it went when it was accepted. */
  readonly bucket: string;
  readonly priority: number;
  /** Size of its file. */
  readonly bytes: number;
  readonly bodyBytes: number;
  /** Whether an attempt to upload it was begun; such an attempt may have succeeded unheard. */
  readonly attempted: boolean;
}

const PRIORITIES = 10;

/** Waiting samples by priority, each priority in order of acceptance. */
export class EntryIndex {
  readonly #byId = new Map<string, SpoolEntry>();
  readonly #byPriority = Array.from({ length: PRIORITIES }, () => new Map<string, SpoolEntry>());

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): SpoolEntry | undefined {
    return this.#byId.get(id);
  }

  /** Adds behind those of its priority, or replaces the entry of the same id in its place. */
  set(entry: SpoolEntry): void {
    this.#byId.set(entry.id, entry);
    this.#level(entry.priority).set(entry.id, entry);
  }

  delete(id: string): SpoolEntry | undefined {
    const entry = this.#byId.get(id);
    if (!entry) return undefined;
    this.#byId.delete(id);
    this.#level(entry.priority).delete(id);
    return entry;
  }

  /** Most important first, of those the oldest first. */
  *inUploadOrder(): Generator<SpoolEntry> {
    for (let priority = PRIORITIES - 1; priority >= 0; priority--) yield* this.#level(priority).values();
  }

  /** Least important first, of those the oldest first, up to a priority. */
  *inEvictionOrder(upToPriority: number): Generator<SpoolEntry> {
    for (let priority = 0; priority <= upToPriority; priority++) yield* this.#level(priority).values();
  }

  values(): IterableIterator<SpoolEntry> {
    return this.#byId.values();
  }

  #level(priority: number): Map<string, SpoolEntry> {
    const level = this.#byPriority[Math.min(PRIORITIES - 1, Math.max(0, Math.trunc(priority) || 0))];
    return level as Map<string, SpoolEntry>;
  }
}
