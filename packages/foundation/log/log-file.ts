import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A full file becomes `<path>.1` and the one before that goes: twice this is all that is kept. */
const MAX_BYTES = 10 * 1024 ** 2;

/** Log lines in a file of bounded size. A disk that takes none does not stop whoever logs. */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #bytes = 0;

  /** Makes the folder as needed; appends to a file that is there. */
  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    } catch {
      // Every write will try again.
    }
  }

  /** Written before the call returns, as on stdout: the last line before an end is the one that matters. */
  write(line: string): void {
    try {
      const bytes = Buffer.byteLength(line);
      if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) this.#turn();
      appendFileSync(this.#path, line, { mode: 0o640 });
      this.#bytes += bytes;
    } catch {
      // The same line is on stdout.
    }
  }

  #turn(): void {
    renameSync(this.#path, `${this.#path}.1`);
    this.#bytes = 0;
  }
}
