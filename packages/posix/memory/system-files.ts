import { readFileSync } from 'node:fs';

import { libc } from '../libc/libc.ts';

/** Where the kernel's files are. Tests put folders of their own in place. */
export interface SystemFiles {
  /** proc(5). */
  readonly proc: string;
  /** Put before every mount point that the kernel names; empty on a device. */
  readonly root: string;
  /** An extended attribute of a file (xattr(7)); undefined if it does not have it, or this process may not see it. */
  attribute(path: string, name: string): string | undefined;
}

export const SYSTEM_FILES: SystemFiles = { proc: '/proc', root: '', attribute: readAttribute };

/** Undefined if the file does not exist or may not be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A file that holds one number, e.g. `memory.current`; undefined for `max`, which means no limit, and for a file that is not there. */
export function readNumber(path: string): number | undefined {
  const text = readText(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A file of lines `key number`, e.g. `memory.stat`; empty if it is not there. */
export function readCounters(path: string): ReadonlyMap<string, number> {
  const lines = readText(path)?.trim().split('\n') ?? [];
  return new Map(
    lines.flatMap((line) => {
      const [key, value] = line.split(/\s+/);
      return key && value !== undefined ? [[key, Number(value)] as const] : [];
    }),
  );
}

const MAX_ATTRIBUTE_BYTES = 256;

function readAttribute(path: string, name: string): string | undefined {
  try {
    const value = Buffer.alloc(MAX_ATTRIBUTE_BYTES);
    const bytes = libc().getxattr(path, name, value, value.length);
    return bytes < 0 ? undefined : value.toString('utf8', 0, bytes);
  } catch {
    return undefined;
  }
}
