import type * as Koffi from 'koffi';

import { lazyPackage } from '#packages/foundation';
import { posixErrors } from '../errors.ts';

/** Where something is in memory; a number wherever that is exact. */
export type Address = number | bigint;

/**
 * The calls of the C library that Node.js does not have, as their manual pages (section 2) describe them. Failures are -1, and
 * `errno` tells why. Offsets and sizes are of the machine's word, as the C library's are without large-file support.
 */
export interface Libc {
  mmap(address: Address, bytes: number, protection: number, flags: number, fd: number, offset: number): Address;
  munmap(address: Address, bytes: number): number;
  fallocate(fd: number, mode: number, offset: number, bytes: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  flock(fd: number, operation: number): number;
  pipe2(descriptors: Uint8Array, flags: number): number;
  prctl(option: number, a: number, b: number, c: number, d: number): number;
  setrlimit(resource: number, limit: Uint8Array): number;
  /** Returns the length of the value. */
  getxattr(path: string, name: string, value: Uint8Array, bytes: number): number;
  /** Any system call whose arguments are numbers. */
  syscall(number: number, a: number, b: number, c: number, d: number): number;
  /** A system call with a pointer as its first argument. */
  syscallPointerFirst(number: number, a: Uint8Array | null, b: number, c: number): number;
  /** seccomp(2). */
  syscallProgram(number: number, operation: number, flags: number, program: SocketProgram): number;
  /** landlock_add_rule(2). */
  syscallPointerThird(number: number, a: number, b: number, c: Uint8Array, d: number): number;
  /** `pair` takes the two descriptors, 4 bytes each. */
  socketpair(domain: number, type: number, protocol: number, pair: Uint8Array): number;
  /** `length` goes in as the size of `value` and comes back as that of the option, 4 bytes. */
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  sendmsg(fd: number, message: MessageHeader, flags: number): number;
  recvmsg(fd: number, message: MessageHeader, flags: number): number;
  /** Does not come back if it succeeds. Lists of words end with null. */
  execve(path: string, words: readonly (string | null)[], environment: readonly (string | null)[]): number;
  /** Of the last call of this thread. */
  errno(): number;
  /** The memory itself, not a copy. Nobody may touch it once it is unmapped. */
  view(address: Address, bytes: number): ArrayBuffer;
}

/** `struct sock_fprog` of linux/filter.h. */
interface SocketProgram {
  /** Instructions, 8 bytes each. */
  readonly len: number;
  readonly filter: Uint8Array;
}

/** `struct msghdr` of sys/socket.h, its memory as it is: what is received lands in it. */
export interface MessageHeader {
  readonly name: null;
  readonly namelen: 0;
  readonly iov: { readonly base: Uint8Array; readonly len: number };
  readonly iovlen: 1;
  readonly control: Uint8Array;
  readonly controllen: number;
  readonly flags: 0;
}

const ARCHITECTURES = ['x64', 'arm64', 'arm'];
const loadKoffi = lazyPackage<typeof Koffi>('koffi');
let loaded: Libc | undefined;

/**
 * The C library of this process.
 * @throws EdgeError `posix.unsupported` with the reason, on other systems or without koffi
 */
export function libc(): Libc {
  return (loaded ??= bind());
}

function bind(): Libc {
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) {
    const message = `calls of the C library are made on Linux x64, arm64 and armv7l only; this is ${process.platform} ${process.arch}`;
    throw posixErrors.error('posix.unsupported', message);
  }
  try {
    return bindTo(loadKoffi());
  } catch (cause) {
    throw posixErrors.error('posix.unsupported', 'the C library cannot be called: koffi or libc.so.6 does not load', {
      cause,
    });
  }
}

function bindTo(koffi: typeof Koffi): Libc {
  const library = koffi.load('libc.so.6');
  const program = koffi.struct({ len: 'uint16_t', filter: 'const uint8_t *' });
  const vector = koffi.struct({ base: 'uint8_t *', len: 'size_t' });
  const message = koffi.struct({
    name: 'void *',
    namelen: 'uint32_t',
    iov: koffi.pointer(vector),
    iovlen: 'size_t',
    control: 'uint8_t *',
    controllen: 'size_t',
    flags: 'int',
  });
  type Type = string | ReturnType<typeof Koffi.struct>;
  const call = (result: string, name: string, ...types: Type[]) => library.func(name, result, types) as never;
  return {
    mmap: call('uintptr_t', 'mmap', 'uintptr_t', 'size_t', 'int', 'int', 'int', 'long'),
    munmap: call('int', 'munmap', 'uintptr_t', 'size_t'),
    fallocate: call('int', 'fallocate', 'int', 'int', 'long', 'long'),
    fcntl: call('int', 'fcntl', 'int', 'int', 'long'),
    flock: call('int', 'flock', 'int', 'int'),
    pipe2: call('int', 'pipe2', 'uint8_t *', 'int'),
    prctl: call('int', 'prctl', 'int', 'ulong', 'ulong', 'ulong', 'ulong'),
    getxattr: call('long', 'getxattr', 'const char *', 'const char *', 'uint8_t *', 'size_t'),
    setrlimit: call('int', 'setrlimit', 'int', 'const uint8_t *'),
    syscall: call('long', 'syscall', 'long', 'ulong', 'ulong', 'ulong', 'ulong'),
    syscallPointerFirst: call('long', 'syscall', 'long', 'const uint8_t *', 'ulong', 'ulong'),
    syscallProgram: call('long', 'syscall', 'long', 'ulong', 'ulong', koffi.pointer(program)),
    syscallPointerThird: call('long', 'syscall', 'long', 'ulong', 'ulong', 'const uint8_t *', 'ulong'),
    socketpair: call('int', 'socketpair', 'int', 'int', 'int', 'uint8_t *'),
    getsockopt: call('int', 'getsockopt', 'int', 'int', 'int', 'uint8_t *', 'uint8_t *'),
    sendmsg: call('long', 'sendmsg', 'int', koffi.pointer(message), 'int'),
    recvmsg: call('long', 'recvmsg', 'int', koffi.pointer(message), 'int'),
    execve: call('int', 'execve', 'const char *', 'const char **', 'const char **'),
    errno: () => koffi.errno(),
    view: (address, bytes) => koffi.view(BigInt(address), bytes),
  };
}
