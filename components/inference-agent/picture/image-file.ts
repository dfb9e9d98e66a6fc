import { closeSync, fstatSync, read as readAsync, readSync } from 'node:fs';
import { isAbsolute, sep } from 'node:path';
import { promisify } from 'node:util';
import { isEdgeError, messageOf } from '#packages/foundation';
import { openBelow } from '#packages/posix';
import { agentErrors } from '../errors.ts';
import { bodyTooLarge } from '../http/body.ts';

const read = promisify(readAsync);

export interface ImageFileOptions {
  /** Folders below which images may be named, absolute paths. */
  readonly folders: readonly string[];
  readonly maxBytes: number;
}

/**
 * An image file that a caller named: opened once, checked through its descriptor, and read through that very descriptor, so that
 * nothing that happens to the path meanwhile matters. The bytes do not pass through the agent if a process can take the descriptor.
 */
export class ImageFile {
  readonly path: string;
  /** Size when it was opened; at most so many bytes are read. */
  readonly bytes: number;
  readonly #fd: number;
  #reading = 0;
  #wanted = true;

  /**
   * @param path absolute, without `..`; no component below the allowed folder may be a link
   * @throws EdgeError `invoke.folder-not-allowed`, `invoke.file-unreadable`, `http.body-too-large`
   */
  static open(path: string, { folders, maxBytes }: ImageFileOptions): ImageFile {
    const folder = folders.find((one) => path.startsWith(withSlash(one)));
    if (folder === undefined || !isAbsolute(path)) throw notAllowed(path, folders);
    let fd: number | undefined;
    try {
      fd = openBelow(folder, path.slice(withSlash(folder).length));
      const facts = fstatSync(fd);
      if (!facts.isFile()) throw unreadable(path, new Error('it is not a file'));
      if (facts.size > maxBytes) throw bodyTooLarge(facts.size, maxBytes);
      return new ImageFile(path, fd, facts.size);
    } catch (thrown) {
      if (fd !== undefined) closeSync(fd);
      throw isEdgeError(thrown) && thrown.code !== 'path.not-below' ? thrown : unreadable(path, thrown);
    }
  }

  private constructor(path: string, fd: number, bytes: number) {
    this.path = path;
    this.#fd = fd;
    this.bytes = bytes;
  }

  /** Hands the descriptor to `use`, which must be done with it when it returns. */
  lend<Answer>(use: (fd: number) => Answer): Answer {
    if (!this.#wanted) throw new Error(`${this.path} is closed`);
    return use(this.#fd);
  }

  /** The bytes, for whoever cannot take a descriptor. @throws EdgeError `invoke.file-unreadable` */
  async read(): Promise<Uint8Array<ArrayBuffer>> {
    this.#reading++;
    try {
      return await this.#readAll();
    } catch (thrown) {
      throw unreadable(this.path, thrown);
    } finally {
      if (--this.#reading === 0 && !this.#wanted) closeSync(this.#fd);
    }
  }

  /** As `read`, while everything else waits: for small files. @throws EdgeError `invoke.file-unreadable` */
  readNow(): Uint8Array<ArrayBuffer> {
    const image = new Uint8Array(this.bytes);
    try {
      const filled = this.lend((fd) => readSync(fd, image, 0, image.length, 0));
      return image.subarray(0, filled);
    } catch (thrown) {
      throw unreadable(this.path, thrown);
    }
  }

  /** Idempotent. A read that has begun runs to its end. */
  close(): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    if (this.#reading === 0) closeSync(this.#fd);
  }

  async #readAll(): Promise<Uint8Array<ArrayBuffer>> {
    const image = new Uint8Array(this.bytes);
    let filled = 0;
    while (filled < image.length) {
      const { bytesRead } = await read(this.#fd, image, filled, image.length - filled, filled);
      if (bytesRead === 0) throw new Error(`it became shorter: ${filled} of ${image.length} bytes are left`);
      filled += bytesRead;
    }
    return image;
  }
}

function withSlash(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

function notAllowed(path: string, folders: readonly string[]) {
  const allowed = folders.length === 0 ? 'no folder is' : `only ${folders.join(', ')} may be`;
  const message = `the image ${path} is not below a folder that requests may name: ${allowed}`;
  return agentErrors.error('invoke.folder-not-allowed', message, { facts: { path, folders } });
}

function unreadable(path: string, cause: unknown) {
  return agentErrors.error('invoke.file-unreadable', `cannot read the image ${path}: ${messageOf(cause)}`, { cause });
}
