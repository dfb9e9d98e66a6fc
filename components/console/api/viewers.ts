import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '#packages/foundation';
import { visitorOf } from '../guard/audit-log.ts';
import type { AuditLog, Visitor } from '../guard/audit-log.ts';

interface Viewer {
  readonly visitor: Visitor;
  readonly since: number;
  readonly saw: Set<string>;
  pictures: number;
}

/** The viewers of now, for the audit log: one viewer is one open page. */
export class Viewers {
  readonly #audit: AuditLog;
  readonly #clock: Clock;
  readonly #viewers = new Map<string, Viewer>();

  constructor(audit: AuditLog, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  begin(request: IncomingMessage, mayWrite: boolean): string {
    const viewer = randomBytes(6).toString('hex');
    const visitor = visitorOf(request);
    this.#viewers.set(viewer, { visitor, since: this.#clock.monotonic(), saw: new Set(), pictures: 0 });
    this.#audit.add(visitor, { what: 'watch.began', viewer, mayWrite });
    return viewer;
  }

  /** The viewer was sent pictures of these sources; the log names each source once. */
  saw(viewer: string, sources: readonly string[]): void {
    const known = this.#viewers.get(viewer);
    if (!known || sources.length === 0) return;
    known.pictures += sources.length;
    const first = sources.filter((source) => !known.saw.has(source));
    for (const source of first) known.saw.add(source);
    if (first.length > 0) this.#audit.add(known.visitor, { what: 'watch.saw', viewer, sources: first });
  }

  has(viewer: string): boolean {
    return this.#viewers.has(viewer);
  }

  end(viewer: string): void {
    const known = this.#viewers.get(viewer);
    if (!known) return;
    this.#viewers.delete(viewer);
    const seconds = Math.round((this.#clock.monotonic() - known.since) / 1_000);
    this.#audit.add(known.visitor, { what: 'watch.ended', viewer, seconds, pictures: known.pictures });
  }
}
