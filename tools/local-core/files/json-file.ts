import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readTextIfAny, writeAtomically } from '#packages/foundation';

/** Writes a file of the core, which its user alone may read, and makes its folder. A crash leaves the old content or the new. */
export async function writeCoreFile(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeAtomically(file, content, { mode: 0o600 });
}

/** A JSON file that is written often: changes that come while a write is under way are written once, after it. */
export class JsonFile {
  readonly #file: string;
  readonly #content: () => unknown;
  #dirty = false;
  #writing: Promise<void> | undefined;

  constructor(file: string, content: () => unknown) {
    this.#file = file;
    this.#content = content;
  }

  /** The stored value, undefined if there is none. A file that cannot be parsed is an error: atomic writes leave none. */
  static async read(file: string): Promise<unknown> {
    const text = await readTextIfAny(file);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  /** Writes soon. A failure shows in the next `flush`. */
  schedule(): void {
    this.#dirty = true;
    if (this.#writing) return;
    this.#writing = this.#writeAll();
    this.#writing.catch(() => undefined);
  }

  /** Resolves once everything scheduled is on disk. */
  async flush(): Promise<void> {
    if (this.#dirty && !this.#writing) this.schedule();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#dirty) {
        this.#dirty = false;
        await writeCoreFile(this.#file, `${JSON.stringify(this.#content())}\n`).catch((error: unknown) => {
          this.#dirty = true;
          throw error;
        });
      }
    } finally {
      this.#writing = undefined;
    }
  }
}
