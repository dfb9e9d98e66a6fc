import { getSystemErrorName } from 'node:util';

import type { EdgeError } from '#packages/foundation';
import { posixErrors } from '../errors.ts';

type CallCode = `posix.${'denied' | 'no-memory' | 'no-process' | 'unsupported'}`;

const CODES: Readonly<Record<string, CallCode>> = {
  EPERM: 'posix.denied',
  EACCES: 'posix.denied',
  EROFS: 'posix.denied',
  ENOMEM: 'posix.no-memory',
  ENOSPC: 'posix.no-memory',
  ENOSYS: 'posix.unsupported',
  EOPNOTSUPP: 'posix.unsupported',
  ESRCH: 'posix.no-process',
};

/**
 * The error of a system call that failed.
 * @param what could not be done, e.g. `cannot reserve 4096 bytes of shared memory`
 * @param call e.g. `fallocate`
 */
export function failure(what: string, call: string, errno: number): EdgeError {
  const name = errnoName(errno);
  return posixErrors.error(CODES[name] ?? 'posix.failed', `${what}: ${call} says ${name}`, {
    facts: { call, errno: name },
  });
}

/** The same for what Node's own functions throw. */
export function failureOf(what: string, call: string, thrown: unknown): EdgeError {
  const name = (thrown as NodeJS.ErrnoException).code ?? 'unknown';
  return posixErrors.error(CODES[name] ?? 'posix.failed', `${what}: ${call} says ${name}`, {
    cause: thrown,
    facts: { call, errno: name },
  });
}

function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}
