import * as z from 'zod';
import { messageOf, readTextIfAny, Serial, writeAtomically } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';

/** A service that answers, or is about to. */
export interface KnownService {
  readonly alias: string;
  /** Undefined until its model has been seen. */
  readonly task?: string | undefined;
}

export interface KnownServicesOptions {
  /** Where they are remembered, as JSON. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A service that the agent does not list this long after it has restored its models is not coming back by itself. */
const ABSENT_MS = 120_000;

const fileSchema = z.object({ services: z.record(z.string(), z.string().nullable()) });

/**
 * The services that look at images if a source names none: they are remembered over restarts, so that nothing is missed while the
 * agent restores its models one after the other.
 */
export class KnownServices {
  readonly #options: KnownServicesOptions;
  readonly #tasks = new Map<string, string | undefined>();
  /** Monotonic time since which the agent does not list a service. */
  readonly #absentSince = new Map<string, number>();
  readonly #writing = new Serial();

  private constructor(options: KnownServicesOptions) {
    this.#options = options;
  }

  /** Reads the file; one that cannot be read counts as empty. */
  static async open(options: KnownServicesOptions): Promise<KnownServices> {
    const known = new KnownServices(options);
    try {
      const text = await readTextIfAny(options.file);
      const { services } = fileSchema.parse(JSON.parse(text ?? '{"services":{}}'));
      for (const [alias, task] of Object.entries(services)) known.#tasks.set(alias, task ?? undefined);
    } catch (thrown) {
      options.log.warn({ file: options.file, reason: messageOf(thrown) }, 'services.not-remembered');
    }
    return known;
  }

  get all(): readonly KnownService[] {
    return [...this.#tasks].map(([alias, task]) => ({ alias, task }));
  }

  has(alias: string): boolean {
    return this.#tasks.has(alias);
  }

  /**
   * The agent has told what it has.
   * @param isComplete whether it has restored all that it remembers
   */
  update(listed: readonly KnownService[], isComplete: boolean): void {
    const { clock } = this.#options;
    const before = this.#text();
    for (const { alias, task } of listed) {
      this.#absentSince.delete(alias);
      this.#tasks.set(alias, task ?? this.#tasks.get(alias));
    }
    const present = new Set(listed.map(({ alias }) => alias));
    for (const alias of [...this.#tasks.keys()].filter((each) => !present.has(each))) {
      if (!isComplete) continue;
      const since = this.#absentSince.get(alias) ?? clock.monotonic();
      this.#absentSince.set(alias, since);
      if (clock.monotonic() - since >= ABSENT_MS) this.#drop(alias, 'the agent does not list it any more');
    }
    this.#saveIfNot(before);
  }

  /** Its component is gone. */
  retired(alias: string): void {
    const before = this.#text();
    if (this.has(alias)) this.#drop(alias, 'its model was retired');
    this.#saveIfNot(before);
  }

  /** Resolves when the file holds what is known. */
  saved(): Promise<void> {
    return this.#writing.idle();
  }

  #drop(alias: string, reason: string): void {
    this.#tasks.delete(alias);
    this.#absentSince.delete(alias);
    this.#options.log.warn({ service: alias, reason }, 'service.no-longer-asked');
  }

  #text(): string {
    const services = Object.fromEntries([...this.#tasks].map(([alias, task]) => [alias, task ?? null]));
    return `${JSON.stringify({ services }, undefined, 2)}\n`;
  }

  #saveIfNot(before: string): void {
    const { file, log } = this.#options;
    if (this.#text() === before) return;
    this.#writing
      .run(() => writeAtomically(file, this.#text()))
      .catch((thrown: unknown) => log.warn({ file, reason: messageOf(thrown) }, 'services.not-remembered'));
  }
}
