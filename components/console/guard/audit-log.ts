import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { LogFile } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

/** The client of a request; taken before the request is over, when its socket may be gone. */
export interface Visitor {
  /** Address. */
  readonly from: string;
  readonly browser: string;
}

export function visitorOf({ socket, headers }: IncomingMessage): Visitor {
  return { from: socket.remoteAddress ?? '', browser: (headers['user-agent'] ?? '').slice(0, 200) };
}

/** Entries: who watched, and everything that was written, asked or refused. */
export type AuditEntry =
  | { readonly what: 'watch.began'; readonly viewer: string; readonly mayWrite: boolean }
  | { readonly what: 'watch.saw'; readonly viewer: string; readonly sources: readonly string[] }
  | { readonly what: 'watch.ended'; readonly viewer: string; readonly seconds: number; readonly pictures: number }
  | {
      readonly what: 'asked' | 'wrote';
      readonly path: string;
      readonly outcome: string;
      readonly [fact: string]: unknown;
    }
  | { readonly what: 'refused'; readonly path: string; readonly reason: string };

/** `audit.log` in the work folder: one JSON object a line, two files of 1 MB at most. */
export class AuditLog {
  readonly #file: LogFile;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(workFolder: string, clock: Pick<Clock, 'now'>) {
    this.#file = new LogFile(join(workFolder, 'audit.log'), 1_000_000);
    this.#clock = clock;
  }

  add(visitor: Visitor, entry: AuditEntry): void {
    this.#file.write(`${JSON.stringify({ time: new Date(this.#clock.now()).toISOString(), ...entry, ...visitor })}\n`);
  }
}
