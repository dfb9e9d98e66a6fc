import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

export interface RotationLimits {
  /** Size at which a file is put aside, bytes. Default 1 MiB, as in the nucleus. */
  readonly fileBytes?: number;
  /** All files of one name together, bytes. Default 10 MiB, as in the nucleus. */
  readonly totalBytes?: number;
}

/**
 * Appends lines to `<stem>.log`; a full file becomes `<stem>_<number>.log`, the oldest go when the total is reached.
 * Writes are synchronous, so that a line is on disk before the process that wrote it can be reported dead.
 */
export class RotatingFile {
  readonly #folder: string;
  readonly #stem: string;
  readonly #fileBytes: number;
  readonly #totalBytes: number;
  #descriptor: number | undefined;
  #size = 0;

  constructor(folder: string, stem: string, limits: RotationLimits = {}) {
    this.#folder = folder;
    this.#stem = stem;
    this.#fileBytes = limits.fileBytes ?? 1024 * 1024;
    this.#totalBytes = limits.totalBytes ?? 10 * 1024 * 1024;
  }

  get path(): string {
    return path.join(this.#folder, `${this.#stem}.log`);
  }

  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#descriptor === undefined) this.#open();
    if (this.#size > 0 && this.#size + bytes.length > this.#fileBytes) this.#rotate();
    if (this.#descriptor === undefined) return;
    writeSync(this.#descriptor, bytes);
    this.#size += bytes.length;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): void {
    mkdirSync(this.#folder, { recursive: true });
    this.#descriptor = openSync(this.path, 'a', 0o644);
    this.#size = statSync(this.path).size;
  }

  #rotate(): void {
    this.close();
    const aside = this.#putAside();
    const number = (aside.at(-1)?.number ?? 0) + 1;
    renameSync(this.path, path.join(this.#folder, `${this.#stem}_${number}.log`));
    const kept = [...aside, { file: path.join(this.#folder, `${this.#stem}_${number}.log`), size: this.#size, number }];
    let total = this.#fileBytes + kept.reduce((sum, { size }) => sum + size, 0);
    for (const oldest of kept) {
      if (total <= this.#totalBytes) break;
      rmSync(oldest.file, { force: true });
      total -= oldest.size;
    }
    this.#open();
  }

  /** Files put aside before, oldest first. */
  #putAside(): { readonly file: string; readonly size: number; readonly number: number }[] {
    const prefix = `${this.#stem}_`;
    return readdirSync(this.#folder)
      .filter((name) => name.startsWith(prefix) && /^\d+\.log$/.test(name.slice(prefix.length)))
      .map((name) => {
        const file = path.join(this.#folder, name);
        return { file, size: statSync(file).size, number: Number.parseInt(name.slice(prefix.length), 10) };
      })
      .sort((a, b) => a.number - b.number);
  }
}
