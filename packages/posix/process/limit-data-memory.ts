import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';

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
  // The kernel's word: rlim_t without large-file support.
  const limit = process.arch === 'arm' ? wordPair32(bytes) : wordPair64(bytes);
  if (libc().setrlimit(RLIMIT_DATA, limit) === -1) {
    throw failure(`cannot limit memory to ${bytes} bytes`, 'setrlimit', libc().errno());
  }
}

/** Soft and hard limit: what is hard cannot be raised again. */
function wordPair64(bytes: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(bytes), BigInt(bytes)).buffer);
}

function wordPair32(bytes: number): Uint8Array {
  const word = Math.min(bytes, 2 ** 32 - 1);
  return new Uint8Array(Uint32Array.of(word, word).buffer);
}
