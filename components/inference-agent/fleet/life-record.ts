import { readFile } from 'node:fs/promises';
import { writeAtomically } from '#packages/foundation';

export interface Life {
  /** Starts of the agent in this work folder, this one included. */
  readonly starts: number;
  /** Ends without a goodbye: a crash, SIGKILL or a loss of power. */
  readonly crashes: number;
}

/** Counts starts and crashes over restarts: a start that finds no clean end before it counts a crash. */
export class LifeRecord {
  readonly #file: string;
  #life: Life = { starts: 0, crashes: 0 };

  constructor(file: string) {
    this.#file = file;
  }

  get life(): Life {
    return this.#life;
  }

  /** Counts this start. @throws what the file system says */
  async begin(): Promise<Life> {
    const { starts, crashes, running } = await this.#read();
    this.#life = { starts: starts + 1, crashes: crashes + (running ? 1 : 0) };
    await this.#write(true);
    return this.#life;
  }

  /** Says goodbye. */
  async end(): Promise<void> {
    await this.#write(false);
  }

  async #read(): Promise<Life & { readonly running: boolean }> {
    const nothing = { starts: 0, crashes: 0, running: false };
    try {
      const saved = JSON.parse(await readFile(this.#file, 'utf8')) as Partial<Life & { running: boolean }>;
      return { starts: count(saved.starts), crashes: count(saved.crashes), running: saved.running === true };
    } catch {
      return nothing;
    }
  }

  #write(running: boolean): Promise<void> {
    return writeAtomically(this.#file, JSON.stringify({ ...this.#life, running }), { fsync: 'folder' });
  }
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
