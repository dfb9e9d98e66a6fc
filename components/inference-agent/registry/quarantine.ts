import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { writeAtomically } from '#packages/foundation';
import type { Clock, EdgeError } from '#packages/foundation';
import type { ModelIdentity } from '#packages/http';
import { agentErrors } from '../errors.ts';
import { RetriedWrite } from '../store/retried-write.ts';

/** Deaths longer ago count no more. */
const WINDOW_MS = 10 * 60_000;
/** With a good version at hand there is nothing to wait for; without one, a model that answers most of the time is better than none. */
const MAX_DEATHS = { withFormer: 2, withoutFormer: 5 } as const;

const entrySchema = z.object({
  name: z.string(),
  version: z.string(),
  hash: z.string(),
  /** The reason of its last death. */
  reason: z.string(),
  deaths: z.number(),
  /** ISO 8601. */
  since: z.string(),
});

/** A version that brought its processes down again and again. */
export type QuarantineEntry = Readonly<z.infer<typeof entrySchema>>;

const fileSchema = z.record(z.string(), entrySchema);

export interface QuarantinePorts {
  /** Made when it is needed. */
  readonly file: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** The file cannot be written: until it can, a restart of the agent would not know. It continues being tried. */
  readonly onNotKept: (error: EdgeError) => void;
  /** It could not be written, and is. */
  readonly onKept?: () => void;
}

/** Versions that are not to be run again, by alias, until another version has been deployed. Survives restarts of the agent. */
export class Quarantine {
  readonly #ports: QuarantinePorts;
  readonly #write: RetriedWrite;
  readonly #entries = new Map<string, QuarantineEntry>();
  /** Times of deaths by alias and package. */
  readonly #deaths = new Map<string, readonly number[]>();
  #isHandedOver = false;

  constructor(ports: QuarantinePorts) {
    this.#ports = ports;
    this.#write = new RetriedWrite({
      ...ports,
      write: () => this.#writeFile(),
      onFailed: ports.onNotKept,
      onRecovered: () => ports.onKept?.(),
    });
  }

  /** Reads what was remembered. A file that cannot be read holds nothing: the models tell again. */
  async open(): Promise<void> {
    try {
      const entries = fileSchema.parse(JSON.parse(await readFile(this.#ports.file, 'utf8')));
      for (const [alias, entry] of Object.entries(entries)) this.#entries.set(alias, entry);
    } catch {
      this.#entries.clear();
    }
  }

  /** Counts a death; returns how many there were of late once there were too many, else undefined. */
  tooMany({ alias, hash }: ModelIdentity, hasFormer: boolean): number | undefined {
    const key = `${alias} ${hash}`;
    const now = this.#ports.clock.monotonic();
    const deaths = [...(this.#deaths.get(key) ?? []).filter((time) => now - time < WINDOW_MS), now];
    this.#deaths.set(key, deaths);
    const limit = hasFormer ? MAX_DEATHS.withFormer : MAX_DEATHS.withoutFormer;
    return deaths.length < limit ? undefined : deaths.length;
  }

  /** Aliases with a version in quarantine. */
  aliases(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Holds from now on, whether or not it can be written. Never rejects. */
  async add({ alias, name, version, hash }: ModelIdentity, reason: string, deaths: number): Promise<void> {
    this.#deaths.delete(`${alias} ${hash}`);
    const since = new Date(this.#ports.clock.now()).toISOString();
    this.#entries.set(alias, { name, version, hash, reason, deaths, since });
    await this.#write.now();
  }

  /** Another version was deployed. Never rejects. */
  async lift(alias: string): Promise<void> {
    if (this.#entries.delete(alias)) await this.#write.now();
  }

  /** Leaves the file to a successor: deaths count here alone from now on. */
  handOver(): void {
    this.#isHandedOver = true;
  }

  /** No more attempts to write, after a last one if the file is not what it should be. */
  close(): Promise<void> {
    return this.#write.close();
  }

  /** Why the alias must not run this package, or any if none is given; undefined if it may. */
  refusal(alias: string, hash?: string): EdgeError | undefined {
    const entry = this.#entries.get(alias);
    if (!entry || (hash !== undefined && hash !== entry.hash)) return undefined;
    const { name, version, reason, deaths, since } = entry;
    const message = `${name} ${version} is in quarantine since ${since}: ${deaths} of its processes died, the last one because ${reason}`;
    return agentErrors.error('model.quarantined', message, { facts: { alias, ...entry } });
  }

  async #writeFile(): Promise<void> {
    if (this.#isHandedOver) return;
    const text = `${JSON.stringify(Object.fromEntries(this.#entries), undefined, 2)}\n`;
    await writeAtomically(this.#ports.file, text, { fsync: 'folder' });
  }
}
