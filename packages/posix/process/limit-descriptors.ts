import { processCounts } from '#packages/foundation';
import { setLimit } from './set-limit.ts';

/** sys/resource.h. */
const RLIMIT_NOFILE = 7;

/**
 * Bounds the files, sockets and pipes that this process, and each that it starts, may have open at once, for good. Beyond it whatever
 * would open one fails with EMFILE, and a connection is closed as it comes. A limit that is lower already stays.
 *
 * @throws EdgeError `posix.denied`, `posix.unsupported`
 */
export function limitDescriptors(most: number): void {
  const { maxDescriptors = Infinity } = processCounts() ?? {};
  if (most < maxDescriptors) setLimit(RLIMIT_NOFILE, most, `cannot limit open files to ${most}`);
}
