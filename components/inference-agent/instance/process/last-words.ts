import type { Readable } from 'node:stream';

const KEPT = 2_000;

/** The standard error of a process: passed on, and the end of it kept, which says why a process died. */
export class LastWords {
  #text = '';

  constructor(stderr: Readable | null) {
    stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      this.#text = (this.#text + chunk.toString()).slice(-KEPT);
    });
  }

  /** The line that says the most: an error's, else the last. Empty if nothing was said. */
  get line(): string {
    const lines = this.#text.split('\n').filter((line) => line.trim() !== '');
    return lines.find((line) => /error|assert|abort|terminate/i.test(line))?.trim() ?? lines.at(-1)?.trim() ?? '';
  }
}
