import { closeSync, constants, openSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { posixErrors } from '../errors.ts';

/** asm-generic/fcntl.h: a descriptor to continue from, which needs no right to list the folder. */
const O_PATH = 0o10000000;

/**
 * Opens a file to read, somewhere below a folder, without following a link on the way: each component is opened from the one before
 * it, so that nothing that changes meanwhile leads out of the folder. The folder's own path may have links. Linux only.
 *
 * It does not wait, whatever the path names (a pipe has no writer yet, a device no medium): look at it with `fstat` before reading.
 *
 * @param folder absolute
 * @param below relative to it, with `/`
 * @returns a descriptor, which the caller closes
 * @throws EdgeError `path.not-below` for `..`, an absolute or an empty path, and for a link; what `open` throws otherwise
 */
export function openBelow(folder: string, below: string): number {
  const components = below.split('/');
  if (isAbsolute(below) || components.some((name) => name === '' || name === '.' || name === '..')) {
    throw notBelow(folder, below);
  }
  const file = components.pop() ?? '';
  let at = openSync(folder, O_PATH | constants.O_DIRECTORY);
  try {
    for (const name of components) {
      const next = openStep(at, name, O_PATH | constants.O_DIRECTORY, folder, below);
      closeSync(at);
      at = next;
    }
    return openStep(at, file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY, folder, below);
  } finally {
    closeSync(at);
  }
}

/** Node.js does not have `openat`; the kernel's own link to a descriptor is the same. */
function openStep(at: number, name: string, flags: number, folder: string, below: string): number {
  try {
    return openSync(`/proc/self/fd/${at}/${name}`, flags | constants.O_NOFOLLOW);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    // A part of the way that is not a folder is a link, or at least not as the path says.
    if (code === 'ELOOP' || code === 'ENOTDIR') throw notBelow(folder, below, thrown);
    throw thrown;
  }
}

function notBelow(folder: string, below: string, cause?: unknown): Error {
  const message = `${JSON.stringify(below)} does not name a file below ${folder} without links on the way`;
  return posixErrors.error('path.not-below', message, { cause, facts: { path: below, folder } });
}
