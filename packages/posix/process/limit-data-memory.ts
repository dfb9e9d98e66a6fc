import { setLimit } from './set-limit.ts';

/** sys/resource.h. */
const RLIMIT_DATA = 2;

/**
 * Bounds this process's private writable memory for good: heap, stacks of threads, anonymous mappings (Linux 4.7). Beyond it the
 * next allocation fails, which ends most programs. Shared memory, mapped files and addresses that are only reserved do not count, so
 * that WebAssembly memories and the JavaScript heap still find room to reserve; RLIMIT_AS would refuse them.
 *
 * The count is of pages that may be written, touched or not: each thread counts its whole stack, usually 8 MB. So add to
 * `processMemory().dataBytes`, not to what is resident.
 *
 * @throws EdgeError `posix.denied` (above a limit that is set already), `posix.unsupported`
 */
export function limitDataMemory(bytes: number): void {
  setLimit(RLIMIT_DATA, bytes, `cannot limit memory to ${bytes} bytes`);
}
