import { constants, endianness } from 'node:os';

import { agentErrors } from '../../errors.ts';
import { sharedMemoryLibc } from './libc.ts';
import type { Libc } from './libc.ts';
import type { SharedMemory } from './shared-memory.ts';

/** Values of sys/ipc.h and sys/shm.h on Linux. */
const IPC_STAT = 2;
const SHM_RDONLY = 0o10000;
const ANY_WRITE = 0o222;

/**
 * `struct shmid_ds` begins with `struct ipc_perm`, in which the mode follows five 32-bit numbers; the size of the segment comes
 * after it. Source: shmctl(2) and asm-generic/{ipcbuf,shmbuf}.h of Linux.
 */
const MODE_OFFSET = 20;
const WORD_BYTES = ['x64', 'arm64', 'ppc64', 'riscv64', 'loong64', 's390x'].includes(process.arch) ? 8 : 4;
const SIZE_OFFSET = WORD_BYTES === 8 ? 48 : 36;
const STRUCT_BYTES = 256;

/** The segments of this machine. On other systems than Linux every call throws `shared-memory.unsupported`. */
export const systemV: SharedMemory = {
  size: (segmentId) => statusOf(libcOrThrow(), segmentId).bytes,

  check: (segmentId, offset, bytes) => checkRange(libcOrThrow(), segmentId, offset, bytes),

  read(segmentId, offset, target) {
    const libc = libcOrThrow();
    checkRange(libc, segmentId, offset, target.byteLength);
    if (target.byteLength === 0) return;
    const address = libc.shmat(segmentId, 0, SHM_RDONLY);
    if (BigInt(address) === -1n) throw failure(libc.errno(), segmentId);
    try {
      libc.memcpy(target, BigInt(address) + BigInt(offset), target.byteLength);
    } finally {
      libc.shmdt(address);
    }
  },
};

function libcOrThrow(): Libc {
  const libc = sharedMemoryLibc();
  if (libc) return libc;
  const message = `System V shared memory is not available here (${process.platform} ${process.arch})`;
  throw agentErrors.error('shared-memory.unsupported', message);
}

function checkRange(libc: Libc, segmentId: number, offset: number, asked: number): void {
  const { bytes } = statusOf(libc, segmentId);
  if (Number.isSafeInteger(offset) && offset >= 0 && offset + asked <= bytes) return;
  throw agentErrors.error(
    'shared-memory.out-of-range',
    `the shared memory segment ${segmentId} has ${bytes} bytes; ${asked} bytes at offset ${offset} are not all in it`,
    { facts: { segmentId, bytes, offset, asked } },
  );
}

/** Size of a segment that nobody may write. */
function statusOf(libc: Libc, segmentId: number): { readonly bytes: number } {
  const valid = Number.isInteger(segmentId) && segmentId >= 0 && segmentId <= MAX_ID;
  const struct = new Uint8Array(STRUCT_BYTES);
  if (!valid || libc.shmctl(segmentId, IPC_STAT, struct) === -1) {
    throw failure(valid ? libc.errno() : constants.errno.EINVAL, segmentId);
  }
  const view = new DataView(struct.buffer);
  const little = endianness() === 'LE';
  const mode = view.getUint16(MODE_OFFSET, little) & 0o777;
  if ((mode & ANY_WRITE) !== 0) {
    const shown = mode.toString(8).padStart(4, '0');
    throw agentErrors.error(
      'shared-memory.writable',
      `the shared memory segment ${segmentId} has the mode ${shown}; only segments that nobody may write are read`,
      { facts: { segmentId, mode: shown } },
    );
  }
  const bytes = WORD_BYTES === 8 ? Number(view.getBigUint64(SIZE_OFFSET, little)) : view.getUint32(SIZE_OFFSET, little);
  return { bytes };
}

const MAX_ID = 2 ** 31 - 1;

function failure(errno: number, segmentId: number) {
  if (errno === constants.errno.EACCES) {
    const message = `the shared memory segment ${segmentId} may not be read by the agent's user`;
    return agentErrors.error('shared-memory.denied', message, { facts: { segmentId } });
  }
  const message = `there is no shared memory segment ${segmentId} (errno ${errno})`;
  return agentErrors.error('shared-memory.not-found', message, { facts: { segmentId, errno } });
}
