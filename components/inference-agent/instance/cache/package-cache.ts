import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfAny, writeAtomically } from '#packages/foundation';
import type { WorkerPlan } from '../protocol.ts';
import { openRecord, sealRecord } from './cache-record.ts';
import type { Learned } from './cache-record.ts';

const RECORD = 'record.json';

/**
 * The agent's cache for one package: the fastest variant here, and the model optimized for this CPU.
 *
 * A hostile model may write whatever it can reach, so nothing in the cache is believed for lying there. The first process of an
 * instance alone has a folder to write to, its own; it has seen nothing but verified bytes when the agent takes the optimized model
 * out of that folder, and seals its hash together with the package's under a key that no model has. From then on a process loads
 * exactly those bytes or makes its own.
 */
export class PackageCache {
  readonly #folder: string;
  readonly #scratch: string;
  readonly #packageHash: string;
  readonly #key: Buffer;
  #known: Learned | undefined;

  /** @param scratch folder that nobody else uses */
  static async open(folder: string, scratch: string, packageHash: string, key: Buffer): Promise<PackageCache> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const text = await readTextIfAny(join(folder, RECORD));
    return new PackageCache(folder, scratch, packageHash, key, text);
  }

  private constructor(folder: string, scratch: string, packageHash: string, key: Buffer, text: string | undefined) {
    this.#folder = folder;
    this.#scratch = scratch;
    this.#packageHash = packageHash;
    this.#key = key;
    this.#known = text === undefined ? undefined : openRecord(text, packageHash, key);
  }

  /** For the first process of an instance, which may find out and make what is not known. */
  get forFirst(): NonNullable<WorkerPlan['cache']> {
    return { ...this.forOthers, scratch: this.#scratch };
  }

  /** For processes that do what the first one found out. */
  get forOthers(): NonNullable<WorkerPlan['cache']> {
    return { folder: this.#folder, ...(this.#known ? { known: this.#known } : {}) };
  }

  /**
   * Keeps what the first process has learned, before it is given its first input.
   * @param hashes of the package's files
   * @throws the system's error
   */
  async keep(learned: Learned, hashes: WorkerPlan['hashes']): Promise<void> {
    if (JSON.stringify(learned) === JSON.stringify(this.#known)) return;
    const { choice, optimized } = learned;
    const moved = optimized && (await this.#take(optimized, hashes[choice.file])) ? { optimized } : {};
    const kept: Learned = { choice, ...moved };
    await writeAtomically(join(this.#folder, RECORD), sealRecord(kept, this.#packageHash, this.#key), { mode: 0o600 });
    this.#known = kept;
    const named = [RECORD, kept.optimized?.file];
    for (const name of await readdir(this.#folder)) {
      if (!named.includes(name)) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** The folder of the first process is of no use any more. */
  async end(): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true });
  }

  /** @returns whether the model lies in the agent's own folder now */
  async #take(
    { file, bytes, modelHash }: NonNullable<Learned['optimized']>,
    sourceHash: string | undefined,
  ): Promise<boolean> {
    const target = join(this.#folder, file);
    if (modelHash !== sourceHash) return false;
    if (file === this.#known?.optimized?.file) return true;
    const made = join(this.#scratch, file);
    const facts = await lstat(made).catch(() => undefined);
    if (!facts?.isFile() || facts.size !== bytes) return false;
    await rename(made, target);
    await chmod(target, 0o600);
    return true;
  }
}
