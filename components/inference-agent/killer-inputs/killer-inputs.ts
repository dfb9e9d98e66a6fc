import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, Serial, writeAtomically } from '#packages/foundation';
import type { Clock, EdgeError, Logger } from '#packages/foundation';
import { agentErrors } from '../errors.ts';
import { bytesIn, hashOf } from './input.ts';
import type { HashedInput, InputParts } from './input.ts';
import { killerFileSchema } from './killer-input.ts';
import type { KillerInput } from './killer-input.ts';

/** An input that ended so many processes is not run again. */
const MAX_DEATHS = 2;
export const KILLER_BOUNDS = { inputs: 32, bytes: 64 * 1024 ** 2 } as const;
const INDEX = 'index.json';

export interface KillerPorts {
  /** Made when it is needed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Inputs that ended the process of a model, by package: another version may well live with them. They are remembered across restarts
 * of the agent and, if the service allows, kept as files of their hash's name.
 */
export class KillerInputs {
  readonly #ports: KillerPorts;
  /** Oldest first. */
  #entries: readonly KillerInput[] = [];
  readonly #writes = new Serial();

  constructor(ports: KillerPorts) {
    this.#ports = ports;
  }

  /** Reads what was remembered, and removes files that nobody remembers. An index that cannot be read holds nothing. */
  async open(): Promise<void> {
    const { folder } = this.#ports;
    const names = await readdir(folder).catch((): string[] => []);
    try {
      const known = killerFileSchema.parse(JSON.parse(await readFile(join(folder, INDEX), 'utf8')));
      this.#entries = known.map((entry) => ({ ...entry, kept: entry.kept && names.includes(entry.sha256) }));
    } catch {
      this.#entries = [];
    }
    const kept = new Set(this.#entries.flatMap(({ sha256, kept }) => (kept ? [sha256] : [])));
    const strays = names.filter((name) => name !== INDEX && !kept.has(name));
    await Promise.all(strays.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)));
  }

  of(packageHash: string): readonly KillerInput[] {
    return this.#entries.filter((entry) => entry.packageHash === packageHash);
  }

  /** Whether an input of this length may be one that the package must not run: asked before each request, so that few are hashed. */
  mayHold(packageHash: string, bytes: number): boolean {
    return this.#entries.some(
      (entry) => entry.bytes === bytes && entry.packageHash === packageHash && entry.deaths >= MAX_DEATHS,
    );
  }

  /** Whether an input of this length may be one that has ended a process of the package once. */
  maySuspect(packageHash: string, bytes: number): boolean {
    return this.#entries.some((entry) => entry.bytes === bytes && entry.packageHash === packageHash);
  }

  /** The package has answered this input: whatever ended the agent while it was at work, the input did not. */
  acquit(packageHash: string, sha256: string): void {
    const left = this.#entries.filter((entry) => entry.packageHash !== packageHash || entry.sha256 !== sha256);
    if (left.length === this.#entries.length) return;
    this.#entries = left;
    void this.#writes.run(() => this.#write(sha256, undefined));
  }

  /** Why the package must not run this input; undefined if it may. */
  refusal(packageHash: string, parts: InputParts): EdgeError | undefined {
    const sha256 = hashOf(parts);
    const entry = this.of(packageHash).find((one) => one.sha256 === sha256);
    return entry && entry.deaths >= MAX_DEATHS ? refused(entry) : undefined;
  }

  /** Remembers that the input ended a process; returns at once, what goes to the disk follows. Nothing is kept of one that is there as a hash. */
  record(packageHash: string, input: InputParts | HashedInput, reason: string, keep: boolean): void {
    const parts = 'sha256' in input ? undefined : input;
    const bytes = 'sha256' in input ? input.bytes : bytesIn(input);
    // Moved into a thread: nothing is left that could be told again.
    if (bytes === 0) return;
    const sha256 = 'sha256' in input ? input.sha256 : hashOf(input);
    const before = this.#entries.find((entry) => entry.packageHash === packageHash && entry.sha256 === sha256);
    const since = before?.since ?? new Date(this.#ports.clock.now()).toISOString();
    const kept = keep && parts !== undefined && bytes <= KILLER_BOUNDS.bytes;
    const entry: KillerInput = { packageHash, sha256, bytes, deaths: (before?.deaths ?? 0) + 1, reason, since, kept };
    this.#entries = bounded([...this.#entries.filter((one) => one !== before), entry]);
    this.#ports.log.warn({ ...entry }, 'input.killed-model');
    const content = kept ? Buffer.concat(parts) : undefined;
    void this.#writes.run(() => this.#write(sha256, content));
  }

  /** Resolves once all that was recorded is on the disk, or has failed to get there. */
  async idle(): Promise<void> {
    await this.#writes.idle();
  }

  async #write(sha256: string, content: Buffer | undefined): Promise<void> {
    const { folder, log } = this.#ports;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const kept = new Set(this.#entries.flatMap((entry) => (entry.kept ? [entry.sha256] : [])));
      if (content && kept.has(sha256)) await writeFile(join(folder, sha256), content, { mode: 0o600 });
      const text = `${JSON.stringify(this.#entries, undefined, 2)}\n`;
      await writeAtomically(join(folder, INDEX), text, { fsync: 'file', mode: 0o600 });
      const gone = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name) && !kept.has(name));
      await Promise.all(gone.map((name) => rm(join(folder, name), { force: true })));
    } catch (thrown) {
      // It holds all the same until the agent ends.
      log.warn({ sha256, reason: messageOf(thrown) }, 'input.not-kept');
    }
  }
}

/** Those go first that killed once only, the oldest of them before the others; then files, the oldest first. */
function bounded(entries: readonly KillerInput[]): readonly KillerInput[] {
  let left = entries;
  while (left.length > KILLER_BOUNDS.inputs) {
    const goes = left.slice(0, -1).find(({ deaths }) => deaths < MAX_DEATHS) ?? left[0];
    left = left.filter((entry) => entry !== goes);
  }
  let bytes = 0;
  return left
    .toReversed()
    .map((entry) => {
      if (entry.kept) bytes += entry.bytes;
      return bytes > KILLER_BOUNDS.bytes ? { ...entry, kept: false } : entry;
    })
    .toReversed();
}

function refused({ sha256, bytes, deaths, reason, since }: KillerInput): EdgeError {
  const message = `this input of ${bytes} bytes ended ${deaths} processes of the model since ${since}, the last one because ${reason}; it is not run again`;
  return agentErrors.error('input.kills-model', message, { facts: { sha256, bytes, deaths, since } });
}
