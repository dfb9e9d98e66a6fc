/** The parts of an error that every caller can rely on: a stable `code`, a message that names thing, value and fix, and the code's facts. */
export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  /** Stable, dotted, e.g. `model.no-variant`. Documented in docs/errors.md. */
  readonly code: string;
  /** HTTP status of the code, if it is one that travels over HTTP. */
  readonly status: number | undefined;
  /** Says what the reader should do about it. */
  readonly todo: string;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: string, { status, todo }: Remedy, message: string, options: EdgeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.todo = todo;
    this.facts = options.facts ?? {};
  }

  /** The form in which errors travel between processes. */
  toJSON(): WireError {
    const { code, message, todo, status, facts } = this;
    return { code, message, todo, ...(status === undefined ? {} : { status }), facts };
  }
}

/** A code's text for every reader. */
export interface Remedy {
  /** HTTP status, for codes that travel over HTTP only; 500 if the fault is ours. */
  readonly status?: number;
  /** Says what the reader should do about it. */
  readonly todo: string;
}

export interface EdgeErrorOptions {
  readonly cause?: unknown;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface WireError extends Remedy {
  readonly code: string;
  readonly message: string;
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
