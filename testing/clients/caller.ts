import path from 'node:path';
import { PROJECT } from '../../tools/bundle/project.ts';

/** One call of the SDK, whatever its language. */
export interface Call {
  readonly client: string;
  readonly options?: { readonly socketPath?: string; readonly timeoutMs?: number };
  /** Values of JSON; bytes as `bytes()` gives them. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Amounts that are read of the body, one after the other; null for the rest. Default: the rest. */
  readonly reads?: readonly (number | null)[];
}

/** Its outcome. Errors are known by the name of their class. */
export type Outcome =
  | { readonly nothing: true }
  | { readonly contentType: string; readonly reads: readonly string[]; readonly closed: boolean }
  | { readonly error: string; readonly message: string; readonly code?: string | null };

export interface Caller {
  call(call: Call): Promise<Outcome>;
  close(): Promise<void>;
}

export function bytes(content: Uint8Array): object {
  return { $bytes: Buffer.from(content).toString('base64') };
}

/** A number that JSON does not have. */
export function number(name: 'NaN' | 'Infinity'): object {
  return { $number: name };
}

export const PYTHON_CLIENT = path.join(PROJECT, 'clients/python');
