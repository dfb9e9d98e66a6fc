import { closeSync, openSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';

import { posixErrors } from '../errors.ts';
import { failure } from '../libc/failure.ts';
import { libc } from '../libc/libc.ts';
import { systemCall } from '../libc/system-calls.ts';

export interface FileAccess {
  /** Files, and folders with all below them. Programs in them cannot be run, but libraries load. */
  readonly readOnly: readonly string[];
  /** Folders to make, change and remove plain files and folders in; single files and devices to write. */
  readonly readWrite: readonly string[];
  /** Programs that may be run, the loader of their libraries among them. Default: none. */
  readonly programs?: readonly string[];
}

export interface LandlockReport {
  /** Of the kernel; from 4 on TCP is closed too, from 6 on signals and abstract Unix sockets of others. */
  readonly abi: number;
  /**
   * Threads that were there before and go on unbounded: before ABI 8 (Linux 7.0) only the calling thread and those that it starts
   * from now on are bounded. 0 means that the whole process is.
   */
  readonly unboundedThreads: number;
}

/**
 * Files that were opened before stay open. Owner, mode and times of files outside are not covered; the system call filter is.
 * @returns the reason as text if the kernel does not have Landlock
 * @throws EdgeError `confinement.path-missing`, `posix.denied` (without no_new_privs), `posix.failed`
 * Source: landlock(7) and Documentation/userspace-api/landlock.rst of Linux.
 */
export function restrictFiles(access: FileAccess): LandlockReport | string {
  const abi = landlockAbi();
  if (typeof abi === 'string') return abi;
  const ruleset = createRuleset(abi);
  try {
    for (const path of access.readOnly) addRule(ruleset, path, READ & handledBy(abi));
    for (const path of access.programs ?? []) addRule(ruleset, path, FILE_RIGHTS.execute | FILE_RIGHTS.readFile);
    for (const path of access.readWrite) addRule(ruleset, path, WRITE & handledBy(abi));
    const siblings = readdirSync('/proc/self/task').length - 1;
    const flags = boundsAllThreads(abi) ? RESTRICT_SELF_TSYNC : 0;
    if (libc().syscall(systemCall('landlock_restrict_self'), ruleset, flags, 0, 0) === -1) {
      throw failure('cannot restrict access to files', 'landlock_restrict_self', libc().errno());
    }
    return { abi, unboundedThreads: boundsAllThreads(abi) ? 0 : siblings };
  } finally {
    closeSync(ruleset);
  }
}

/** Version of Landlock's interface; the reason as text if there is none. */
export function landlockAbi(): number | string {
  const abi = libc().syscallPointerFirst(systemCall('landlock_create_ruleset'), null, 0, CREATE_RULESET_VERSION);
  return abi >= 1 ? abi : (REASONS[libc().errno()] ?? `the kernel answers errno ${libc().errno()}`);
}

/** Whether threads that are there already are bounded, too. */
export function boundsAllThreads(abi: number): boolean {
  return abi >= 8;
}

/** linux/landlock.h. */
const CREATE_RULESET_VERSION = 1;
const RULE_PATH_BENEATH = 1;
const RESTRICT_SELF_TSYNC = 1 << 3;
const FILE_RIGHTS = {
  execute: 1 << 0,
  writeFile: 1 << 1,
  readFile: 1 << 2,
  readDir: 1 << 3,
  removeDir: 1 << 4,
  removeFile: 1 << 5,
  makeChar: 1 << 6,
  makeDir: 1 << 7,
  makeReg: 1 << 8,
  makeSock: 1 << 9,
  makeFifo: 1 << 10,
  makeBlock: 1 << 11,
  makeSym: 1 << 12,
  refer: 1 << 13,
  truncate: 1 << 14,
  ioctlDevice: 1 << 15,
} as const;
const TCP_BIND_AND_CONNECT = 0b11n;
const ABSTRACT_SOCKETS_AND_SIGNALS = 0b11n;

const READ = FILE_RIGHTS.readFile | FILE_RIGHTS.readDir;
const WRITE_ONE = FILE_RIGHTS.readFile | FILE_RIGHTS.writeFile | FILE_RIGHTS.truncate | FILE_RIGHTS.ioctlDevice;
const ONE_FILE = WRITE_ONE | FILE_RIGHTS.execute;
/** No links, sockets and pipes: whoever looks into the folder later must not be led elsewhere, nor wait forever. */
const WRITE =
  READ |
  WRITE_ONE |
  FILE_RIGHTS.removeDir |
  FILE_RIGHTS.removeFile |
  FILE_RIGHTS.makeDir |
  FILE_RIGHTS.makeReg |
  FILE_RIGHTS.refer;

const REASONS: Readonly<Record<number, string>> = {
  [constants.errno.ENOSYS]: 'the kernel does not have Landlock (Linux 5.13)',
  [constants.errno.EOPNOTSUPP]: 'Landlock is switched off at boot (lsm=…)',
  [constants.errno.EPERM]: 'a filter of system calls around this process forbids Landlock',
};

/** Every right that the kernel knows is handled: what no rule allows is denied. */
function handledBy(abi: number): number {
  const count = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;
  return (1 << count) - 1;
}

/** `struct landlock_ruleset_attr`, which grew with the ABI. */
function createRuleset(abi: number): number {
  const words = [BigInt(handledBy(abi))];
  if (abi >= 4) words.push(TCP_BIND_AND_CONNECT);
  if (abi >= 6) words.push(ABSTRACT_SOCKETS_AND_SIGNALS);
  const attributes = new Uint8Array(BigUint64Array.from(words).buffer);
  const call = systemCall('landlock_create_ruleset');
  const ruleset = libc().syscallPointerFirst(call, attributes, attributes.byteLength, 0);
  if (ruleset === -1) throw failure('cannot make a ruleset', 'landlock_create_ruleset', libc().errno());
  return ruleset;
}

/** linux/fcntl.h: names a file without opening it. */
const O_PATH = 0o10000000;

function addRule(ruleset: number, path: string, rights: number): void {
  const fd = openPath(path);
  try {
    const isFolder = statSync(path).isDirectory();
    // struct landlock_path_beneath_attr, packed.
    const attributes = new DataView(new ArrayBuffer(12));
    attributes.setBigUint64(0, BigInt(isFolder ? rights : rights & ONE_FILE), true);
    attributes.setInt32(8, fd, true);
    const rule = new Uint8Array(attributes.buffer);
    if (libc().syscallPointerThird(systemCall('landlock_add_rule'), ruleset, RULE_PATH_BENEATH, rule, 0) === -1) {
      throw failure(`cannot allow access to ${path}`, 'landlock_add_rule', libc().errno());
    }
  } finally {
    closeSync(fd);
  }
}

function openPath(path: string): number {
  try {
    return openSync(path, O_PATH);
  } catch (cause) {
    throw posixErrors.error('confinement.path-missing', `${path} does not exist or is out of reach`, { cause });
  }
}
