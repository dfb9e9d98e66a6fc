import { join } from 'node:path';
import { messageOf, readHashed } from '#packages/foundation';
import type { EdgeError, HashedFile, ReadHashedOptions } from '#packages/foundation';
import { isSealed, unsealFile } from '../encryption/sealed-file.ts';
import { packageErrors } from '../errors.ts';
import type { FileHashes } from './hash-files.ts';

export interface EncryptedFiles {
  readonly files: readonly string[];
  /** In base64. */
  readonly dataKey: string;
}

/**
 * The files of a package for whoever uses them. Each is opened once and read once, and its bytes are given only if they are those
 * that were hashed when the package was read: what was verified is what is used, whoever writes into the folder meanwhile.
 */
export class PackageFiles {
  readonly dir: string;
  readonly #hashes: FileHashes | undefined;
  readonly #encrypted: EncryptedFiles | undefined;

  /**
   * @param hashes of the package as it was verified; default: none, and the files are taken as they are
   * @param encrypted files of the package, and the key to them. Default: none, and one that is encrypted is refused
   */
  constructor(dir: string, hashes?: FileHashes, encrypted?: EncryptedFiles) {
    this.dir = dir;
    this.#hashes = hashes;
    this.#encrypted = encrypted;
  }

  /** The expected hash of the file; undefined if nobody has hashed it. */
  hashOf(path: string): string | undefined {
    return this.#hashes && Object.hasOwn(this.#hashes, path) ? this.#hashes[path] : undefined;
  }

  /**
   * The whole file; one that is encrypted is decrypted in memory.
   * @param path relative to the package folder, `/` between the parts
   * @throws EdgeError `package.changed` if these are not the bytes that were hashed, `package.unreadable`, `encryption.no-key`, `encryption.damaged`
   */
  async read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const expected = this.hashOf(path);
    if (this.#hashes && expected === undefined) {
      throw packageChanged(this.dir, `"${path}" was not in the package ${this.dir} when it was read`);
    }
    const { bytes, hash } = await readPackageFile(this.dir, path, { signal, followLink: !this.#hashes });
    if (expected === undefined || hash === expected) return this.#plain(path, bytes);
    const message = `"${path}" of the package ${this.dir} has SHA-256 ${hash} now, but ${expected} was verified`;
    throw packageChanged(this.dir, message);
  }

  #plain(path: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const isListed = this.#encrypted?.files.includes(path) === true;
    if (!isListed && !isSealed(bytes)) return bytes;
    if (!this.#encrypted) {
      const message = `"${path}" of the package ${this.dir} is encrypted, and its key is not at hand`;
      throw packageErrors.error('encryption.no-key', message, { facts: { package: this.dir, keys: [] } });
    }
    const plain = isListed ? unsealFile(bytes, path, Buffer.from(this.#encrypted.dataKey, 'base64')) : undefined;
    if (plain) return plain;
    const message = `"${path}" of the package ${this.dir} cannot be decrypted as model.json says: it, model.json or the key was changed`;
    throw packageErrors.error('encryption.damaged', message, { facts: { package: this.dir, file: path } });
  }
}

/**
 * Reads a file of a package once, with the hash of what was read.
 * @throws EdgeError `package.unreadable`; the signal's reason
 */
export async function readPackageFile(dir: string, path: string, options: ReadHashedOptions = {}): Promise<HashedFile> {
  try {
    return await readHashed(join(dir, path), options);
  } catch (cause) {
    options.signal?.throwIfAborted();
    const message = `cannot read "${path}" of the package ${dir}: ${messageOf(cause)}`;
    throw packageErrors.error('package.unreadable', message, { cause, facts: { package: dir, file: path } });
  }
}

/** The package's content differs from an earlier read. */
export function packageChanged(dir: string, message: string): EdgeError {
  return packageErrors.error('package.changed', message, { facts: { package: dir } });
}
