import { readFile } from 'node:fs/promises';
import semver from 'semver';
import * as z from 'zod';
import { writeAtomically } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { isMissing, messageOf } from '#packages/foundation';

const fileSchema = z.record(
  z.string(),
  z.strictObject({
    version: z.string().refine((text) => semver.valid(text) !== null),
    /** Package and key that said so. */
    saidBy: z.string(),
  }),
);

/**
 * The lowest version that each alias takes, as signed packages have said (`minimumVersion`). It only ever grows, and outlives the
 * packages and restarts: whoever holds an old signed package cannot bring it back. The configuration goes over it.
 */
export class MinimumVersions {
  readonly #file: string;
  readonly #log: Logger;
  #entries: z.infer<typeof fileSchema> = {};

  /** @param file is made when it is needed */
  constructor(file: string, log: Logger) {
    this.#file = file;
    this.#log = log;
  }

  /** Reads what was remembered; a damaged file is reported, and holds nothing. */
  async open(): Promise<void> {
    try {
      this.#entries = fileSchema.parse(JSON.parse(await readFile(this.#file, 'utf8')));
    } catch (thrown) {
      if (!isMissing(thrown))
        this.#log.warn({ file: this.#file, reason: messageOf(thrown) }, 'minimum-versions.unreadable');
    }
  }

  of(alias: string): string | undefined {
    return Object.hasOwn(this.#entries, alias) ? this.#entries[alias]?.version : undefined;
  }

  /**
   * A package that a trusted key has signed is active and says this.
   * @throws the system's error if it cannot be written; it holds all the same until the agent ends
   */
  async raise(alias: string, version: string, saidBy: string): Promise<void> {
    const known = this.of(alias);
    if (known !== undefined && semver.gte(known, version)) return;
    this.#entries = { ...this.#entries, [alias]: { version, saidBy } };
    const text = `${JSON.stringify(this.#entries, undefined, 2)}\n`;
    await writeAtomically(this.#file, text, { fsync: 'folder', mode: 0o600 });
  }
}
