import type { CliIo } from './io.ts';

const ERASE_LINE = '\r\x1b[K';
const COLORS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Color = keyof typeof COLORS;

/** A command's voice: answers on stdout, everything else on stderr. */
export class Output {
  readonly #io: CliIo;
  /** True with --json: answers go through `json`. */
  readonly isJson: boolean;
  #ticker: NodeJS.Timeout | undefined;

  constructor(io: CliIo, json: boolean) {
    this.#io = io;
    this.isJson = json;
  }

  /** One line of the answer for people. With --json it goes to stderr, so that stdout holds JSON alone. */
  line(text = ''): void {
    this.endProgress();
    if (this.isJson) this.#io.stderr(`${text}\n`);
    else this.#io.stdout(`${text}\n`);
  }

  /** One JSON document on one line of stdout; nothing without --json. */
  json(value: unknown): void {
    if (!this.isJson) return;
    this.endProgress();
    this.#io.stdout(`${JSON.stringify(value)}\n`);
  }

  /** Something the reader should know that is not the answer. */
  note(text: string): void {
    this.endProgress();
    this.#io.stderr(`${text}\n`);
  }

  /** The answer of whoever sits at the terminal; undefined if nobody does, and with --json. */
  async ask(question: string): Promise<string | undefined> {
    this.endProgress();
    return this.isJson ? undefined : this.#io.ask?.(question);
  }

  /** The current step: on a terminal one line that is written over and counts seconds, plain lines elsewhere. */
  progress(text: string): void {
    if (!this.#io.interactive) return this.#io.stderr(`${text}\n`);
    this.endProgress();
    let seconds = 0;
    const show = (): void => this.#io.stderr(`${ERASE_LINE}${text}${seconds > 1 ? ` ${seconds} s` : ''}`);
    show();
    this.#ticker = setInterval(() => {
      seconds++;
      show();
    }, 1000);
    this.#ticker.unref();
  }

  endProgress(): void {
    if (!this.#ticker) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.#io.stderr(ERASE_LINE);
  }

  /** Colors text for a terminal; returns it unchanged elsewhere. */
  paint(color: Color, text: string): string {
    return this.#io.color && !this.isJson ? `\x1b[${COLORS[color]}m${text}\x1b[0m` : text;
  }
}
