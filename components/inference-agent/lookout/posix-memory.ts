import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { messageOf } from '#packages/foundation';
import { SHARED_MEMORY } from '#packages/frames';
import { agentErrors } from '../errors.ts';
import type { SharedMemoryHandle } from './messages.ts';

/** As shm_open(3) has it: one name, a slash before it or not. */
const NAME = /^\/?([^/\0]{1,254})$/;

/**
 * POSIX shared memory of a client, read and written by system calls: nobody can take a page away from under them. Its owner must be the
 * user who calls, or the call could reach what that user cannot.
 * @param uid of the caller; undefined if the system does not tell
 */
export class PosixMemory {
  readonly #folder: string;

  constructor(folder: string = SHARED_MEMORY) {
    this.#folder = folder;
  }

  /** Fills `target`. @throws EdgeError `lookout.memory-unusable` */
  read(handle: SharedMemoryHandle, uid: number | undefined, target: Uint8Array): void {
    this.#with(handle, uid, constants.O_RDONLY, target.byteLength, (fd) =>
      whole(target, (rest, at) => readSync(fd, rest, 0, rest.byteLength, handle.offset + at)),
    );
  }

  /** @throws EdgeError `lookout.memory-unusable` */
  write(handle: SharedMemoryHandle, uid: number | undefined, bytes: Uint8Array): void {
    this.#with(handle, uid, constants.O_RDWR, bytes.byteLength, (fd) =>
      whole(bytes, (rest, at) => writeSync(fd, rest, 0, rest.byteLength, handle.offset + at)),
    );
  }

  #with(
    { name, size, offset }: SharedMemoryHandle,
    uid: number | undefined,
    access: number,
    bytes: number,
    use: (fd: number) => void,
  ): void {
    const [, plain = '..'] = NAME.exec(name) ?? [];
    if (plain === '.' || plain === '..') throw unusable(name, 'it does not name a segment');
    if (size < bytes) throw unusable(name, `its part has ${size} bytes, and ${bytes} are needed`);
    let fd: number;
    try {
      fd = openSync(`${this.#folder}/${plain}`, access | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (thrown) {
      throw unusable(name, messageOf(thrown));
    }
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw unusable(name, 'it is not a segment');
      if (uid === undefined || (uid !== 0 && stat.uid !== uid))
        throw unusable(name, 'it belongs to another user than the one who calls');
      if (!Number.isSafeInteger(offset) || offset + bytes > stat.size)
        throw unusable(name, `it has ${stat.size} bytes; ${bytes} bytes at ${offset} are not all in it`);
      use(fd);
    } finally {
      closeSync(fd);
    }
  }
}

function whole(bytes: Uint8Array, move: (rest: Uint8Array, at: number) => number): void {
  for (let at = 0; at < bytes.byteLength;) {
    const moved = move(bytes.subarray(at), at);
    if (moved <= 0) throw agentErrors.error('lookout.memory-unusable', 'the shared memory became shorter meanwhile');
    at += moved;
  }
}

function unusable(name: string, why: string): Error {
  const message = `the shared memory "${name.slice(0, 200)}" cannot be used: ${why}`;
  return agentErrors.error('lookout.memory-unusable', message);
}
