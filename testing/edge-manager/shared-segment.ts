import koffi from 'koffi';

/** Values of sys/ipc.h and sys/shm.h on Linux, and where `struct shmid_ds` has the mode (shmctl(2)). */
const IPC_PRIVATE = 0;
const IPC_CREAT = 0o1000;
const IPC_RMID = 0;
const IPC_SET = 1;
const IPC_STAT = 2;
const MODE_OFFSET = 20;

/** A System V shared memory segment, made the way clients of Edge Manager make theirs. */
export class SharedSegment {
  /** The value for `segment_id`. */
  readonly id: number;

  /** @param mode permissions once the bytes are in it */
  constructor(bytes: Uint8Array, mode = 0o400) {
    const libc = bind();
    this.id = libc.shmget(IPC_PRIVATE, bytes.byteLength, IPC_CREAT | 0o600);
    const address = this.id === -1 ? -1 : Number(libc.shmat(this.id, 0, 0));
    if (address === -1) throw new Error(`no shared memory of ${bytes.byteLength} bytes: errno ${koffi.errno()}`);
    libc.memcpy(address, bytes, bytes.byteLength);
    libc.shmdt(address);
    const struct = new Uint8Array(256);
    libc.shmctl(this.id, IPC_STAT, struct);
    new DataView(struct.buffer).setUint16(MODE_OFFSET, mode, true);
    libc.shmctl(this.id, IPC_SET, struct);
  }

  remove(): void {
    bind().shmctl(this.id, IPC_RMID, new Uint8Array(256));
  }
}

interface Libc {
  shmget(key: number, bytes: number, flags: number): number;
  shmat(id: number, address: number, flags: number): number | bigint;
  shmdt(address: number): number;
  shmctl(id: number, command: number, struct: Uint8Array): number;
  memcpy(target: number, source: Uint8Array, bytes: number): unknown;
}

let bound: Libc | undefined;

function bind(): Libc {
  if (bound) return bound;
  const library = koffi.load('libc.so.6');
  bound = {
    shmget: library.func('int shmget(int key, size_t bytes, int flags)') as Libc['shmget'],
    shmat: library.func('intptr_t shmat(int id, uintptr_t address, int flags)') as Libc['shmat'],
    shmdt: library.func('int shmdt(uintptr_t address)') as Libc['shmdt'],
    shmctl: library.func('int shmctl(int id, int command, _Inout_ uint8_t *struct_)') as Libc['shmctl'],
    memcpy: library.func('void *memcpy(uintptr_t target, const uint8_t *source, size_t bytes)') as Libc['memcpy'],
  };
  return bound;
}
