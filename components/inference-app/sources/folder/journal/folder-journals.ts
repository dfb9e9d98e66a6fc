import { join } from 'node:path';
import type { Clock, Incidents } from '#packages/foundation';
import { FolderJournal } from './folder-journal.ts';

export interface FolderJournalsOptions {
  /** Made when it is needed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly incidents: Incidents;
}

/** One journal for each source, which outlives the source when its configuration changes. */
export class FolderJournals {
  readonly #options: FolderJournalsOptions;
  readonly #open = new Map<string, FolderJournal>();

  constructor(options: FolderJournalsOptions) {
    this.#options = options;
  }

  /** @param scope images that were answered in another scope are answered again */
  async open(source: string, scope: string): Promise<FolderJournal> {
    const before = this.#open.get(source);
    if (before?.scope === scope) return before;
    await before?.flush();
    const { folder, clock, incidents } = this.#options;
    const journal = await FolderJournal.open({
      source,
      file: join(folder, `${source}.journal`),
      scope,
      clock,
      incidents,
    });
    this.#open.set(source, journal);
    return journal;
  }

  /** Resolves when all is on the disk. */
  async flush(): Promise<void> {
    await Promise.all([...this.#open.values()].map((journal) => journal.flush()));
  }
}
