/** What every caller can rely on: a stable `code`, a message that names thing, value and fix, and typed facts. */
export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  /** Stable, dotted, e.g. `model.golden-mismatch`. Documented in docs/errors.md. */
  readonly code: string;
  /** HTTP status that the code maps to. */
  readonly status: number;
  /** What the reader should do about it. */
  readonly todo: string;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: string, entry: ErrorEntry, message: string, options: EdgeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = entry.status;
    this.todo = entry.todo;
    this.facts = options.facts ?? {};
  }

  /** The form in which errors travel between processes. */
  toJSON(): WireError {
    return { code: this.code, message: this.message, todo: this.todo, status: this.status, facts: this.facts };
  }
}

export interface ErrorEntry {
  /** HTTP status; 500 where the fault is ours. */
  readonly status: number;
  readonly todo: string;
}

export interface EdgeErrorOptions {
  readonly cause?: unknown;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly todo: string;
  readonly status: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

export function isEdgeError(value: unknown): value is EdgeError {
  return value instanceof EdgeError;
}

/** Rebuilds an error that crossed a process or thread border. */
export function fromWire(wire: WireError): EdgeError {
  return new EdgeError(wire.code, wire, wire.message, { facts: wire.facts });
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
