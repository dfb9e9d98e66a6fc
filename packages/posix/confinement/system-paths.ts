import { existsSync } from 'node:fs';

/** What native code looks at when it loads libraries, counts processors and picks kernels for them, or asks for the time zone. */
const PATHS = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/usr/share/zoneinfo',
  '/proc/cpuinfo',
  '/proc/meminfo',
  '/proc/stat',
  '/sys/devices/system/cpu',
  '/dev/urandom',
];

/** Files and folders of the system that a process may need to read though it only computes; those that exist. */
export function systemPaths(): readonly string[] {
  return PATHS.filter((path) => existsSync(path));
}
