import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageChanged, readPackage, SIGNATURE_FILE, unpackArchive } from '#packages/model-package';
import type { ModelPackage, PackageLimits } from '#packages/model-package';
import { exists, isEdgeError, messageOf, syncFile, syncFolder, writeAtomically } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { parseAliasRecord } from './alias-record.ts';
import type { AliasRecord, StoredPackage } from './alias-record.ts';
import { agentErrors } from '../errors.ts';
import { bareFolder, isOnnx } from './bare-folder.ts';
import { planRoom } from './plan-room.ts';
import type { RoomTaken } from './plan-room.ts';

export interface StoreOptions {
  /** Folder of the store, made as needed. */
  readonly folder: string;
  readonly bounds: () => StoreBounds;
}

export interface StoreBounds {
  readonly maxBytes: number;
  /** No copy is made when less than this would stay free on the disk. */
  readonly minFreeBytes: number;
  readonly package: PackageLimits;
}

/** Where a package lies that was asked for; one from an archive, in the store's own folder until it is discarded. */
export interface PackageFolder {
  readonly folder: string;
  readonly unpacked: boolean;
  readonly discard: () => Promise<void>;
}

export type Kept =
  | { readonly kept: true; readonly model: ModelPackage }
  | { readonly kept: false; readonly model: ModelPackage; readonly reason: EdgeError };

/**
 * The last known good packages: `<alias>/<hash>/…` holds a package, `<alias>/state.json` says which one is active.
 * Copies, not hard links: whoever edits a source folder in place must not change what is served from here.
 * (File systems that share blocks between copies, btrfs and XFS, share them here too.)
 */
export class PackageStore {
  readonly #folder: string;
  readonly #bounds: () => StoreBounds;

  constructor(options: StoreOptions) {
    this.#folder = options.folder;
    this.#bounds = options.bounds;
  }

  /** Makes the folder and removes what an interrupted activation left: half copies, packages that never became active. */
  async open(): Promise<void> {
    const incoming = join(this.#folder, INCOMING);
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    // Nobody else can reach the files below, whatever modes they were brought with.
    await chmod(this.#folder, 0o700);
    // The folder itself stays: on a full disk it could not be made again.
    for (const entry of await readdir(incoming)) await rm(join(incoming, entry), { recursive: true, force: true });
    for (const entry of await readdir(this.#folder)) {
      const state = await stat(join(this.#folder, entry, STATE_FILE)).catch(() => undefined);
      if (!state && entry !== INCOMING) await rm(join(this.#folder, entry), { recursive: true, force: true });
    }
  }

  /**
   * Unpacks an archive, and puts an `.onnx` file into a folder as clients of Edge Manager have it, named by the file; anything else is
   * taken for the package's folder.
   * @throws EdgeError `archive.*`, `package.too-large`
   */
  async unpack(path: string, signal?: AbortSignal): Promise<PackageFolder> {
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!isFile) return { folder: path, unpacked: false, discard: () => Promise.resolve() };
    const room = await mkdtemp(join(this.#folder, INCOMING, 'archive-'));
    const discard = (): Promise<void> => rm(room, { recursive: true, force: true });
    try {
      const folder = isOnnx(path)
        ? await bareFolder(path, room, this.#bounds().package)
        : await unpackArchive(path, room, this.#options(signal));
      return { folder, unpacked: true, discard };
    } catch (thrown) {
      await discard();
      throw thrown;
    }
  }

  /** Reads and hashes a package. @throws EdgeError `package.*`, `model.manifest-invalid` */
  read(folder: string, signal?: AbortSignal): Promise<ModelPackage> {
    return readPackage(folder, this.#options(signal));
  }

  /**
   * Puts a copy into the store where its bounds allow, and gives the package as it lies there. Packages that other aliases
   * keep for a rollback make room, the oldest first; `onEvicted` names those aliases.
   * @throws EdgeError `package.changed` if the copy is not what was read
   */
  async keep(
    alias: string,
    model: ModelPackage,
    records: readonly RoomTaken[],
    onEvicted: (alias: string) => void,
    signal?: AbortSignal,
  ): Promise<Kept> {
    const present = await this.#intact(alias, model.hash, signal);
    if (present) {
      const { signature } = model;
      if (signature !== present.signature) await this.signAgain(alias, model.hash, signature);
      return { kept: true, model: { ...present, signature } };
    }
    try {
      for (const evicted of await this.#makeRoom(alias, model, records)) onEvicted(evicted);
      await this.#copy(alias, model, signal);
    } catch (thrown) {
      const reason = isEdgeError(thrown)
        ? thrown
        : agentErrors.error('store.write-failed', `cannot store ${model.dir}: ${messageOf(thrown)}`, { cause: thrown });
      return { kept: false, model, reason };
    }
    const copy = await this.#intact(alias, model.hash, signal);
    if (copy) return { kept: true, model: copy };
    throw packageChanged(model.dir, `the package ${model.dir} changed while it was being activated`);
  }

  /** The package that is kept came again with another signature, or without one. @throws the system's error */
  async signAgain(alias: string, hash: string, signature: string | undefined): Promise<void> {
    const folder = this.#packageFolder(alias, hash);
    if (!(await exists(folder))) return;
    const file = join(folder, SIGNATURE_FILE);
    if (signature === undefined) await rm(file, { force: true });
    else await writeAtomically(file, signature, { fsync: 'folder' });
  }

  /** Writes what is active under an alias and removes its packages that nobody names any more. */
  async remember(record: AliasRecord): Promise<void> {
    const folder = join(this.#folder, record.alias);
    await mkdir(folder, { recursive: true });
    await writeAtomically(join(folder, STATE_FILE), `${JSON.stringify(record, undefined, 2)}\n`, { fsync: 'folder' });
    await this.tidy(record.alias, [record]);
  }

  /** Removes packages of an alias that no record names: those replaced, and those that were refused after all. */
  async tidy(alias: string, records: readonly (AliasRecord | undefined)[]): Promise<void> {
    if (records.every((record) => !record)) return this.forget(alias);
    const folder = join(this.#folder, alias);
    const named = [STATE_FILE, ...records.flatMap((record) => [record?.active.hash, record?.previous?.hash])];
    for (const entry of await readdir(folder).catch(() => [])) {
      if (!named.includes(entry)) await rm(join(folder, entry), { recursive: true, force: true });
    }
  }

  async forget(alias: string): Promise<void> {
    // The state goes first: without it the rest is only rubbish.
    await rm(join(this.#folder, alias, STATE_FILE), { force: true });
    await rm(join(this.#folder, alias), { recursive: true, force: true });
  }

  /** All that is remembered, and what of it cannot be read. */
  async records(): Promise<{ readonly records: readonly AliasRecord[]; readonly problems: readonly EdgeError[] }> {
    const records: AliasRecord[] = [];
    const problems: EdgeError[] = [];
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name === INCOMING) continue;
      const file = join(this.#folder, entry.name, STATE_FILE);
      try {
        records.push(parseAliasRecord(await readFile(file, 'utf8')));
      } catch (cause) {
        const facts = { alias: entry.name, file };
        problems.push(
          agentErrors.error('store.state-unreadable', `cannot read ${file}: ${messageOf(cause)}`, { cause, facts }),
        );
      }
    }
    return { records, problems };
  }

  /**
   * A remembered package, checked byte for byte against its hash.
   * @throws EdgeError `store.corrupt`
   */
  async recall(
    alias: string,
    stored: StoredPackage,
    source: string | undefined,
    signal?: AbortSignal,
  ): Promise<ModelPackage> {
    const folders = [...(stored.kept ? [this.#packageFolder(alias, stored.hash)] : []), ...(source ? [source] : [])];
    const reasons: string[] = [];
    for (const folder of folders) {
      try {
        const model = await this.read(folder, signal);
        if (model.hash === stored.hash) return model;
        reasons.push(`the hash of ${folder} is ${model.hash}, not ${stored.hash}`);
      } catch (thrown) {
        signal?.throwIfAborted();
        reasons.push(messageOf(thrown));
      }
    }
    const message = `${stored.name} ${stored.version} cannot be restored under the alias "${alias}": ${reasons.join('; ')}`;
    throw agentErrors.error('store.corrupt', message, { facts: { alias, hash: stored.hash } });
  }

  async #intact(alias: string, hash: string, signal?: AbortSignal): Promise<ModelPackage | undefined> {
    try {
      const model = await this.read(this.#packageFolder(alias, hash), signal);
      return model.hash === hash ? model : undefined;
    } catch {
      return undefined;
    }
  }

  async #copy(alias: string, model: ModelPackage, signal: AbortSignal | undefined): Promise<void> {
    const fresh = await mkdtemp(join(this.#folder, INCOMING, 'package-'));
    try {
      await copyPackage(model, fresh, signal);
      const target = this.#packageFolder(alias, model.hash);
      await mkdir(dirname(target), { recursive: true });
      await moveDurably(fresh, target);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }

  /** Returns the aliases that gave up their previous package. */
  async #makeRoom(alias: string, { bytes }: ModelPackage, records: readonly RoomTaken[]): Promise<readonly string[]> {
    const { maxBytes, minFreeBytes } = this.#bounds();
    const evicted = planRoom(alias, bytes, records, maxBytes);
    for (const record of evicted) {
      const folder = this.#packageFolder(record.alias, record.previous?.hash ?? '');
      if (record.previous) await rm(folder, { recursive: true, force: true });
    }
    const { bavail, bsize } = await statfs(this.#folder);
    const free = bavail * bsize;
    if (free - bytes >= minFreeBytes) return evicted.map((record) => record.alias);
    const message = `the package of ${bytes} bytes would leave less than ${minFreeBytes} of the disk's ${free} free bytes`;
    throw agentErrors.error('store.full', message, { facts: { bytes, free, minFreeBytes } });
  }

  #options(signal: AbortSignal | undefined) {
    return { limits: this.#bounds().package, ...(signal ? { signal } : {}) };
  }

  #packageFolder(alias: string, hash: string): string {
    return join(this.#folder, alias, hash);
  }
}

const STATE_FILE = 'state.json';
/** Starts with a dot: no alias does. */
const INCOMING = '.incoming';

async function copyPackage(model: ModelPackage, target: string, signal: AbortSignal | undefined): Promise<void> {
  for (const { path } of model.files) {
    signal?.throwIfAborted();
    const to = join(target, path);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(model.dir, path), to, constants.COPYFILE_FICLONE);
    await syncFile(to);
  }
  signal?.throwIfAborted();
  await syncFolder(target);
}

/** Moves a finished folder to its place, replacing what is there. */
async function moveDurably(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
  await syncFolder(dirname(to));
}
