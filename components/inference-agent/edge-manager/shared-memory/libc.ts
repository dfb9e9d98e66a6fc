import type * as Koffi from 'koffi';
import { lazyPackage } from '#packages/foundation';

/** Functions of the C library around System V shared memory: shmat(2), shmctl(2), memcpy(3). Failures are -1. */
export interface Libc {
  shmctl(id: number, command: number, out: Uint8Array): number;
  shmat(id: number, address: number, flags: number): number | bigint;
  shmdt(address: number | bigint): number;
  memcpy(target: Uint8Array, source: number | bigint, bytes: number): unknown;
  errno(): number;
}

const loadKoffi = lazyPackage<typeof Koffi>('koffi');
let loaded: { readonly libc: Libc | undefined } | undefined;

/** Undefined if there is no such memory, or no koffi to reach it. */
export function sharedMemoryLibc(): Libc | undefined {
  loaded ??= { libc: process.platform === 'linux' ? bind() : undefined };
  return loaded.libc;
}

function bind(): Libc | undefined {
  try {
    const koffi = loadKoffi();
    const library = koffi.load('libc.so.6');
    return {
      shmctl: library.func('int shmctl(int id, int command, _Out_ uint8_t *out)') as Libc['shmctl'],
      shmat: library.func('intptr_t shmat(int id, uintptr_t address, int flags)') as Libc['shmat'],
      shmdt: library.func('int shmdt(uintptr_t address)') as Libc['shmdt'],
      memcpy: library.func('void *memcpy(_Out_ uint8_t *target, uintptr_t source, size_t bytes)') as Libc['memcpy'],
      errno: () => koffi.errno(),
    };
  } catch {
    return undefined;
  }
}
