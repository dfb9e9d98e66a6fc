import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';
import type { Address } from '../libc/libc.ts';

/** linux/mman.h; the same on every architecture that we run on. */
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

/** A descriptor's memory in this process. */
export interface Mapping {
  readonly buffer: ArrayBuffer;
  /** Lets go of the shared pages. The buffer stays safe to touch: it shows zeros that nobody else sees. */
  release(): void;
}

/**
 * A file's memory, to read and to write. Shortening the file ends this process: only for files that nobody else may write.
 *
 * @throws EdgeError `posix.no-memory`, `posix.denied`, `posix.unsupported`
 */
export function mapFile(fd: number, bytes: number): Mapping {
  return mapShared(fd, bytes, 'read-write');
}

/** @throws EdgeError `posix.no-memory`, `posix.denied` (a sealed region asked for writing) */
export function mapShared(fd: number, bytes: number, access: 'read-only' | 'read-write'): Mapping {
  const protection = access === 'read-only' ? PROT_READ : PROT_READ | PROT_WRITE;
  const address = libc().mmap(0, bytes, protection, MAP_SHARED, fd, 0);
  if (hasFailed(address)) throw failure(`cannot map ${bytes} bytes of shared memory`, 'mmap', libc().errno());
  const buffer = libc().view(address, bytes);
  unmapWhenCollected.register(buffer, { address, bytes });
  return { buffer, release: () => replaceByZeros(address, bytes) };
}

/**
 * Views of the memory may be anywhere: in a closure, in a native call that still runs. Unmapped, one read of them would end the
 * process, and Node.js cannot detach memory that is not its own. So the addresses stay taken, by pages that do not exist until they
 * are written, and are given back when the last view is collected.
 */
const unmapWhenCollected = new FinalizationRegistry<{ readonly address: Address; readonly bytes: number }>(
  ({ address, bytes }) => void libc().munmap(address, bytes),
);

function replaceByZeros(address: Address, bytes: number): void {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  const replaced = libc().mmap(address, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (hasFailed(replaced)) throw failure(`cannot let go of ${bytes} bytes of shared memory`, 'mmap', libc().errno());
}

/** MAP_FAILED is -1 as an address: all bits set, and no page begins there. */
function hasFailed(address: Address): boolean {
  return BigInt(address) % 2n !== 0n;
}
