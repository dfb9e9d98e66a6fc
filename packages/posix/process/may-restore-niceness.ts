import { readText, SYSTEM_FILES } from '../memory/system-files.ts';
import type { SystemFiles } from '../memory/system-files.ts';

/** linux/capability.h. */
const CAP_SYS_NICE = 23;
/** user_namespaces(7): the one that a system starts with maps each user to itself. Only there does the capability count. */
const WHOLE_MAP = /^\s*0\s+0\s+4294967295\s*$/;

/**
 * Whether this process, having made one of its children nicer, may set its niceness back to `niceness`. Source: setpriority(2):
 * by CAP_SYS_NICE, or down to 20 - RLIMIT_NICE, which the child has of its parent.
 */
export function mayRestoreNiceness(niceness: number, files: SystemFiles = SYSTEM_FILES): boolean {
  const limits = readText(`${files.proc}/self/limits`) ?? '';
  const softLimit = Number(/^Max nice priority\s+(\d+)\s/m.exec(limits)?.[1] ?? 0);
  if (niceness >= 20 - softLimit) return true;
  const status = readText(`${files.proc}/self/status`) ?? '';
  const capabilities = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const isCapable = ((capabilities >> BigInt(CAP_SYS_NICE)) & 1n) === 1n;
  return isCapable && WHOLE_MAP.test(readText(`${files.proc}/self/uid_map`) ?? '');
}
