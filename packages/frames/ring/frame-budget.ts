import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';

const MOST_BYTES = 128 * 1024 * 1024;

/**
 * The memory of all rings together: the configured size, else the least of 128 MB, a tenth of RAM, and half of what the tmpfs has free.
 *
 * @param configuredMB 0 for the default
 * @param ringBytes bytes that rings take already: they count as free
 */
export function frameBudget(configuredMB: number, folder: string, ringBytes: number): number {
  if (configuredMB > 0) return configuredMB * 1_000_000;
  const { bavail, bsize } = statfsSync(folder);
  return Math.floor(Math.min(MOST_BYTES, memoryBytes() / 10, (bavail * bsize + ringBytes) / 2));
}

/** RAM of the device, or of the container if that has less. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}
