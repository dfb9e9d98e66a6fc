import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Writes so that a crash leaves the old content or the new one, never a mixture: temporary file, fsync, rename. */
export async function writeAtomically(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file).catch(async (error: unknown) => {
    await rm(temporary, { force: true });
    throw error;
  });
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

  /** The stored value, undefined where there is none. A file that cannot be parsed is an error: atomic writes leave none. */
  static async read(file: string): Promise<unknown> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
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
        await writeAtomically(this.#file, `${JSON.stringify(this.#content())}\n`).catch((error: unknown) => {
          this.#dirty = true;
          throw error;
        });
      }
    } finally {
      this.#writing = undefined;
    }
  }
}
