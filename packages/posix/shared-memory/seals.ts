import { libc } from '../libc/libc.ts';

/** linux/fcntl.h and linux/memfd.h. */
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const F_SEAL_SEAL = 0x0001;
const F_SEAL_SHRINK = 0x0002;
const F_SEAL_GROW = 0x0004;
const F_SEAL_FUTURE_WRITE = 0x0010;

/** Nobody changes the size any more, nor the seals. */
export const SIZE_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
/** Nobody maps the memory writable or writes to the descriptor any more; mappings that exist stay as they are. Linux 5.1. */
export const WRITE_SEAL = F_SEAL_FUTURE_WRITE;

/** @returns false if the kernel refuses, with the reason in `errno` */
export function addSeals(fd: number, seals: number): boolean {
  return libc().fcntl(fd, F_ADD_SEALS, seals) === 0;
}

/** Undefined for a descriptor that can have none, e.g. of a file on a disk. */
export function sealsOf(fd: number): number | undefined {
  const seals = libc().fcntl(fd, F_GET_SEALS, 0);
  return seals === -1 ? undefined : seals;
}
