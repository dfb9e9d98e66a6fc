import { closeSync, ftruncateSync } from 'node:fs';
import { constants } from 'node:os';

import { posixErrors } from '../errors.ts';
import { failure, failureOf } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';
import { systemCall } from '../libc/system-calls.ts';
import { availableMemory } from '../memory/available-memory.ts';
import { mapShared } from './mapping.ts';
import { addSeals, SIZE_SEALS, WRITE_SEAL } from './seals.ts';
import { SharedRegion } from './shared-region.ts';

export interface CreateRegionOptions {
  readonly bytes: number;
  /** Shown in /proc/<pid>/maps and /proc/<pid>/fd; for people only. */
  readonly name: string;
  /**
   * The rights of the descriptor's receiver. `read`: only the region that is returned here writes (Linux 5.1).
   * Default: `write`.
   */
  readonly others?: 'read' | 'write';
}

/**
 * New shared memory, all zeros. Every byte is there from now on: neither side meets a SIGBUS, since nobody can change the size,
 * nor a full device, since what is not free is refused here.
 *
 * @throws EdgeError `shared-region.size-invalid`, `posix.no-memory`, `posix.unsupported`
 */
export function createSharedRegion({ bytes, name, others = 'write' }: CreateRegionOptions): SharedRegion {
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw posixErrors.error('shared-region.size-invalid', `${bytes} is not a size of a shared region`);
  }
  const fd = memoryFile(name);
  try {
    reserve(fd, bytes);
    const mapping = mapShared(fd, bytes, 'read-write');
    const seals = others === 'read' ? SIZE_SEALS | WRITE_SEAL : SIZE_SEALS;
    if (!addSeals(fd, seals)) throw failure('cannot seal shared memory', 'fcntl', libc().errno());
    return new SharedRegion(fd, mapping);
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

/** linux/memfd.h. */
const MFD_CLOEXEC = 0x01;
const MFD_ALLOW_SEALING = 0x02;
/** Nobody runs a program from it. Linux 6.3; older kernels answer EINVAL. */
const MFD_NOEXEC_SEAL = 0x08;

function memoryFile(name: string): number {
  const path = Buffer.from(`${name}\0`);
  const create = (flags: number) => libc().syscallPointerFirst(systemCall('memfd_create'), path, flags, 0);
  let fd = create(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  if (fd === -1 && libc().errno() === constants.errno.EINVAL) fd = create(MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd === -1) throw failure(`cannot make the shared memory "${name}"`, 'memfd_create', libc().errno());
  return fd;
}

/** In a memory cgroup the kernel would kill one of its processes to find the pages, so what is free is looked up first. */
function reserve(fd: number, bytes: number): void {
  const what = `cannot reserve ${bytes} bytes of shared memory`;
  const { availableBytes } = availableMemory();
  if (bytes > availableBytes) {
    const facts = { bytes, availableBytes };
    throw posixErrors.error('posix.no-memory', `${what}: only ${availableBytes} are available`, { facts });
  }
  try {
    ftruncateSync(fd, bytes);
  } catch (thrown) {
    throw failureOf(what, 'ftruncate', thrown);
  }
  if (libc().fallocate(fd, 0, 0, bytes) === -1) throw failure(what, 'fallocate', libc().errno());
}
