/** Plain data as `repr` writes it: dictionaries, lists, tuples, texts, numbers, True, False, None. */
export type PythonValue =
  string | number | boolean | null | readonly PythonValue[] | ReadonlyMap<string | number, PythonValue>;

/** Deeper than any exporter writes. */
const MAX_DEPTH = 8;
const NUMBER = /^[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?/i;
const WORDS = { True: true, False: false, None: null } as const;

/**
 * Reads a Python literal; undefined if the text is none. JSON is nearly always one too.
 * Source: docs.python.org, "Lexical analysis", literals.
 */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const reader = new LiteralReader(text);
  try {
    const value = reader.value(0);
    return reader.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

export function isDictionary(value: PythonValue | undefined): value is ReadonlyMap<string | number, PythonValue> {
  return value instanceof Map;
}

class NoLiteral extends Error {}

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  value(depth: number): PythonValue {
    if (depth > MAX_DEPTH) throw new NoLiteral();
    this.#skipSpace();
    const next = this.#text[this.#at];
    if (next === '{') return new Map(this.#items('{', '}', () => this.#pair(depth)));
    if (next === '[') return this.#items('[', ']', () => this.value(depth + 1));
    if (next === '(') return this.#items('(', ')', () => this.value(depth + 1));
    if (next === "'" || next === '"') return this.#string(next);
    for (const [word, value] of Object.entries(WORDS)) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const [number] = NUMBER.exec(this.#text.slice(this.#at, this.#at + 64)) ?? [];
    if (number === undefined) throw new NoLiteral();
    this.#at += number.length;
    return Number(number.replaceAll('_', ''));
  }

  #pair(depth: number): [string | number, PythonValue] {
    const key = this.value(depth + 1);
    this.#take(':');
    if (typeof key !== 'string' && typeof key !== 'number') throw new NoLiteral();
    return [key, this.value(depth + 1)];
  }

  #items<Item>(open: string, close: string, item: () => Item): Item[] {
    this.#take(open);
    const items: Item[] = [];
    while (!this.#takes(close)) {
      items.push(item());
      if (this.#takes(close)) break;
      this.#take(',');
    }
    return items;
  }

  #string(quote: string): string {
    let read = '';
    for (this.#at++; this.#text[this.#at] !== quote; this.#at++) {
      const letter = this.#text[this.#at];
      if (letter === undefined) throw new NoLiteral();
      read += letter === '\\' ? this.#escape() : letter;
    }
    this.#at++;
    return read;
  }

  /** Leaves the position on the last letter of the escape. */
  #escape(): string {
    const letter = this.#text[++this.#at] ?? '';
    const digits = { x: 2, u: 4, U: 8 }[letter];
    if (digits === undefined) return { n: '\n', t: '\t', r: '\r' }[letter] ?? letter;
    const code = Number.parseInt(this.#text.slice(this.#at + 1, this.#at + 1 + digits), 16);
    this.#at += digits;
    if (!(code <= 0x10ffff)) throw new NoLiteral();
    return String.fromCodePoint(code);
  }

  #takes(mark: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #take(mark: string): void {
    if (!this.#takes(mark)) throw new NoLiteral();
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}
