import { open } from 'node:fs/promises';
import path from 'node:path';

/** A log file holds about a megabyte before it is turned. */
const TAIL_BYTES = 4 * 1024 * 1024;

export function logFileOf(root: string, component: string): string {
  return path.join(root, 'logs', `${component}.log`);
}

/** The last lines of a component's log; empty if there is none yet. */
export async function lastLogLines(root: string, component: string, count: number): Promise<readonly string[]> {
  const file = await open(logFileOf(root, component)).catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    // The first line of a tail may be cut.
    return lines
      .slice(start > 0 ? 1 : 0)
      .filter((line) => line !== '')
      .slice(-count);
  } finally {
    await file.close();
  }
}
