import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Serial, writeAtomically } from '#packages/foundation';

export interface FolderLimits {
  readonly maxBytes: number;
  /** Default: any number. */
  readonly maxFiles?: number;
  /** Nothing is written when less than this would stay free on the disk. */
  readonly minFreeBytes: number;
}

const TEMPORARY = '.tmp-';

/** A folder of files under a cap of bytes and number: each appears whole or not at all, the oldest go first. */
export class BoundedFolder {
  readonly #folder: string;
  readonly #limits: () => FolderLimits;
  readonly #full: (message: string) => Error;
  /** Making room and writing must not overtake each other. */
  readonly #saves = new Serial();
  /** Sizes by name, oldest first. */
  readonly #files = new Map<string, number>();
  #bytes = 0;
  #opened: Promise<void> | undefined;

  /** @param full makes the error for a file that does not fit */
  constructor(folder: string, limits: () => FolderLimits, full: (message: string) => Error) {
    this.#folder = folder;
    this.#limits = limits;
    this.#full = full;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Writes one file; an earlier one of the same name is replaced.
   *
   * @throws the error of `full`; the system's error when the folder cannot be written
   */
  save(name: string, content: Uint8Array): Promise<string> {
    return this.#saves.run(() => this.#save(name, content));
  }

  async #save(name: string, content: Uint8Array): Promise<string> {
    await (this.#opened ??= this.#open());
    const { maxBytes, maxFiles = Infinity, minFreeBytes } = this.#limits();
    if (content.length > maxBytes)
      throw this.#full(`${name} has ${content.length} bytes, more than all of ${this.#folder} may have (${maxBytes})`);
    await this.#makeRoom(maxBytes - content.length, maxFiles - 1, name);
    await this.#checkFree(content.length, minFreeBytes);
    const path = join(this.#folder, name);
    // An image per frame: a sync of each would wear a memory card and slow the camera down.
    await writeAtomically(path, content, { fsync: 'none', partial: join(this.#folder, `${TEMPORARY}${name}`) });
    this.#forget(name);
    this.#files.set(name, content.length);
    this.#bytes += content.length;
    return path;
  }

  /** Takes stock, and clears away what a lost process left half-written. */
  async #open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const found: { name: string; size: number; modifiedAt: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      if (name.startsWith(TEMPORARY)) await rm(path, { force: true });
      const stats = await stat(path).catch(() => undefined);
      if (stats?.isFile()) found.push({ name, size: stats.size, modifiedAt: stats.mtimeMs });
    }
    found.sort((a, b) => a.modifiedAt - b.modifiedAt);
    for (const { name, size } of found) {
      this.#files.set(name, size);
      this.#bytes += size;
    }
  }

  async #makeRoom(allowedBytes: number, allowedFiles: number, replaced: string): Promise<void> {
    const credit = this.#files.get(replaced) ?? 0;
    for (const name of this.#files.keys()) {
      const others = this.#files.size - (this.#files.has(replaced) ? 1 : 0);
      if (this.#bytes - credit <= allowedBytes && others <= allowedFiles) return;
      if (name === replaced) continue;
      await rm(join(this.#folder, name), { force: true });
      this.#forget(name);
    }
  }

  async #checkFree(bytes: number, minFreeBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    const free = bavail * bsize;
    if (free - bytes < minFreeBytes)
      throw this.#full(`${this.#folder} has ${free} bytes free, ${minFreeBytes} must stay free`);
  }

  #forget(name: string): void {
    this.#bytes -= this.#files.get(name) ?? 0;
    this.#files.delete(name);
  }
}
