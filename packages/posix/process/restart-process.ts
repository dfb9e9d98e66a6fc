import { readFileSync } from 'node:fs';

import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';

/** fcntl.h: with the argument 0 a descriptor stays open when another program takes over. */
const F_SETFD = 2;
const STANDARD_DESCRIPTORS = [0, 1, 2];

/**
 * Begins this process again: same pid and parent, same program, words and environment, but new memory and threads. Limits, niceness,
 * confinement and the tie to the parent stay. All other
 * descriptors are closed.
 *
 * @param name what `process.argv0` says from then on
 * @param descriptors to be kept, besides 0, 1 and 2
 * @throws EdgeError `posix.denied`, `posix.failed`; it never returns
 */
export function restartProcess(name: string, descriptors: readonly number[]): never {
  // Node.js marks all that it finds at its start to be closed.
  for (const fd of [...STANDARD_DESCRIPTORS, ...descriptors]) libc().fcntl(fd, F_SETFD, 0);
  const words = [name, ...process.execArgv, ...process.argv.slice(1), null];
  const environment = Object.entries(process.env).map(([key, value]) => `${key}=${value}`);
  libc().execve(process.execPath, words, [...environment, null]);
  throw failure(`cannot start ${process.execPath} again`, 'execve', libc().errno());
}

/** The files that the kernel runs for it: Node.js and the loader of its libraries. */
export function programsOfRestart(): readonly string[] {
  const loader = /\s(\/\S*\/ld-[^/\s]*\.so[^/\s]*)$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1];
  return loader === undefined ? [process.execPath] : [process.execPath, loader];
}
