import { StringDecoder } from 'node:string_decoder';

const LONGEST_LINE = 64 * 1024;

/** Cuts a byte stream into lines; a line without end is cut at 64 Ki characters. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#emit(line);
    while (this.#rest.length >= LONGEST_LINE) {
      this.#emit(this.#rest.slice(0, LONGEST_LINE));
      this.#rest = this.#rest.slice(LONGEST_LINE);
    }
  }

  end(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    this.#emit(rest);
  }

  /** Empty lines are dropped and ends trimmed, as the nucleus does. */
  #emit(line: string): void {
    const text = line.trim();
    if (text !== '') this.#onLine(text);
  }
}
