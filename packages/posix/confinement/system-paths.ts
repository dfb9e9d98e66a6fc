import { existsSync } from 'node:fs';

/**
 * What Node.js and native code look at when they load libraries, count processors and pick kernels for them, or ask for the time zone.
 * Node.js does not start if the settings of OpenSSL exist but cannot be read, and ONNX Runtime complains if it cannot list devices.
 */
const PATHS = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/etc/ld.so.cache',
  '/etc/ssl/openssl.cnf',
  '/usr/local/ssl/openssl.cnf',
  '/etc/pki/tls/openssl.cnf',
  '/etc/crypto-policies',
  '/etc/localtime',
  '/usr/share/zoneinfo',
  '/proc/cpuinfo',
  '/proc/meminfo',
  '/proc/stat',
  '/sys/devices/system/cpu',
  '/sys/bus/pci/devices',
  '/dev/urandom',
];

/** Files and folders of the system that a process may need to read though it only computes; those that exist. */
export function systemPaths(): readonly string[] {
  return PATHS.filter((path) => existsSync(path));
}
