import type { FileHandle } from 'node:fs/promises';
import { writeAt } from '#packages/foundation';
import { createFile } from './durable-folder.ts';

/** A file of lines that is only added to. Lines that come while others are made durable are made so together. */
export class LineFile {
  readonly #handle: FileHandle;
  #bytes = 0;
  #hasRest = false;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Fails with EEXIST if the file is there already. */
  static async create(file: string): Promise<LineFile> {
    return new LineFile(await createFile(file));
  }

  /** Resolves when the line is durable; if that fails, the file is as it was before. */
  append(line: Buffer): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ line, resolve, reject }));
    this.#writing ??= this.#writeAll();
    return done;
  }

  /** Waits for what is being written. May be tried again after a failure. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#hasRest) await this.#cut();
    await this.#handle.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(Buffer.concat(group.map(({ line }) => line)));
        for (const { resolve } of group) resolve();
      } catch (thrown) {
        for (const { reject } of group) reject(thrown);
      }
    }
    this.#writing = undefined;
  }

  async #write(lines: Buffer): Promise<void> {
    try {
      await writeAt(this.#handle, lines, this.#bytes);
      await this.#handle.datasync();
    } catch (thrown) {
      this.#hasRest = true;
      await this.#cut().catch(() => undefined);
      throw thrown;
    }
    this.#bytes += lines.length;
  }

  /** Takes away what a failed write may have left behind the last whole line. */
  async #cut(): Promise<void> {
    await this.#handle.truncate(this.#bytes);
    await this.#handle.sync();
    this.#hasRest = false;
  }
}

interface Waiting {
  readonly line: Buffer;
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
}
