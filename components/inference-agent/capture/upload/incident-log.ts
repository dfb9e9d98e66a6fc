import type { Logger } from '#packages/foundation';
import { failureFacts } from '#packages/object-store';

/** Tells about failed uploads by name: the first of its kind at once, the same again only after others or a success. */
export class IncidentLog {
  readonly #log: Logger;
  #last: string | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  failed(error: unknown, facts: object): void {
    const { code } = failureFacts(error);
    if (code === this.#last) return this.#log.debug({ ...facts, error }, 'capture.upload-failed');
    this.#last = code;
    this.#log.warn({ ...facts, error }, 'capture.upload-failed');
  }

  succeeded(): void {
    if (this.#last !== undefined) this.#log.info({ after: this.#last }, 'capture.upload-recovered');
    this.#last = undefined;
  }
}
