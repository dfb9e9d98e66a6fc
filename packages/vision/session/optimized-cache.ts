import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { hashFile, writeAtomically } from '#packages/foundation';

/** One device runs few models; older entries belong to versions that are gone. */
const MAX_ENTRIES = 16;

const entrySchema = z.strictObject({
  format: z.literal(1),
  file: z.string().regex(/^[0-9a-f-]+\.onnx$/),
  bytes: z.int().positive(),
  sha256: z.string().length(64),
  source: z.string(),
});

/** What an optimised model was made of and for; any difference makes it a foreign one. */
export interface CacheKey {
  /** SHA-256 of the original file. */
  readonly modelHash: string;
  /** Name and version of the runtime with the options that change the graph. */
  readonly runtime: string;
  readonly cpu: string;
}

/**
 * Models that ONNX Runtime has optimised for this very CPU: they load two to five times faster.
 * Each entry is a description `<key>.json` that names its file with size and hash; a damaged, cut or foreign one does not match and is
 * thrown away. Several processes may use one folder: files appear under their own names and descriptions by renaming.
 */
export class OptimizedCache {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Path of the optimised model; undefined where there is none that can be trusted. */
  async find(key: CacheKey): Promise<string | undefined> {
    const description = path.join(this.#dir, `${nameOf(key)}.json`);
    try {
      const entry = entrySchema.parse(JSON.parse(await readFile(description, 'utf8')));
      const file = path.join(this.#dir, entry.file);
      if (
        entry.source !== sourceOf(key) ||
        (await stat(file)).size !== entry.bytes ||
        (await hashFile(file)) !== entry.sha256
      ) {
        throw new Error('the entry does not match');
      }
      return file;
    } catch {
      await rm(description, { force: true }).catch(() => undefined);
      return undefined;
    }
  }

  /** Where a new optimised model is to be written, before `adopt`. */
  async reserve(): Promise<string> {
    await mkdir(this.#dir, { recursive: true });
    return path.join(this.#dir, `${randomUUID()}.onnx`);
  }

  /** Makes a written file the entry of a key, and forgets the oldest ones. */
  async adopt(key: CacheKey, file: string): Promise<void> {
    const entry: z.infer<typeof entrySchema> = {
      format: 1,
      file: path.basename(file),
      bytes: (await stat(file)).size,
      sha256: await hashFile(file),
      source: sourceOf(key),
    };
    // Size and hash in the entry tell whether a loss of power damaged either file.
    await writeAtomically(path.join(this.#dir, `${nameOf(key)}.json`), JSON.stringify(entry), { fsync: 'none' });
    await this.#sweep();
  }

  /** Keeps the newest entries and removes every file that none of them names and that is not just being written. */
  async #sweep(): Promise<void> {
    const names = await readdir(this.#dir);
    const described = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => this.#describe(name)),
    );
    const entries = described.flatMap((entry) => entry ?? []).sort((a, b) => b.writtenMs - a.writtenMs);
    const keep = new Set(entries.slice(0, MAX_ENTRIES).flatMap(({ name, file }) => [name, file]));
    const newest = entries[0]?.writtenMs ?? 0;
    for (const name of names) {
      if (keep.has(name)) continue;
      const writtenMs = (await stat(path.join(this.#dir, name)).catch(() => undefined))?.mtimeMs ?? 0;
      const isOld = newest - writtenMs > 10 * 60_000;
      if (entries.some((entry) => entry.name === name || entry.file === name) || isOld)
        await rm(path.join(this.#dir, name), { force: true });
    }
  }

  async #describe(name: string): Promise<{ name: string; file: string; writtenMs: number } | undefined> {
    try {
      const full = path.join(this.#dir, name);
      const entry = entrySchema.parse(JSON.parse(await readFile(full, 'utf8')));
      return { name, file: entry.file, writtenMs: (await stat(full)).mtimeMs };
    } catch {
      return undefined;
    }
  }
}

function sourceOf(key: CacheKey): string {
  return [key.modelHash, key.runtime, key.cpu].join('\n');
}

function nameOf(key: CacheKey): string {
  return createHash('sha256').update(sourceOf(key)).digest('hex').slice(0, 32);
}
