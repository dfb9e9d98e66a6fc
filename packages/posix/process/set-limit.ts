import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';

/**
 * Sets a limit of this process and of those that it starts (setrlimit(2)), for good.
 * @param resource number of `RLIMIT_*` in sys/resource.h
 * @param what it was for, for the message
 * @throws EdgeError `posix.denied` (above a limit that is set already), `posix.unsupported`
 */
export function setLimit(resource: number, value: number, what: string): void {
  // The kernel's word: rlim_t without large-file support.
  const limit = process.arch === 'arm' ? wordPair32(value) : wordPair64(value);
  if (libc().setrlimit(resource, limit) === -1) throw failure(what, 'setrlimit', libc().errno());
}

/** Soft and hard limit: what is hard cannot be raised again. */
function wordPair64(bytes: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(bytes), BigInt(bytes)).buffer);
}

function wordPair32(bytes: number): Uint8Array {
  const word = Math.min(bytes, 2 ** 32 - 1);
  return new Uint8Array(Uint32Array.of(word, word).buffer);
}
