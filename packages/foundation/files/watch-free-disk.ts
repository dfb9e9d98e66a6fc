import { statfs } from 'node:fs/promises';
import type { Incidents } from '../log/incidents.ts';

/** Below this most writes fail soon. */
const LEAST_FREE_BYTES = 50_000_000;

/** Opens an incident while hardly anything is free on the disk of a folder. Never rejects. */
export async function watchFreeDisk(folder: string, incidents: Incidents): Promise<void> {
  const disk = await statfs(folder).catch(() => undefined);
  if (!disk) return;
  const free = disk.bavail * disk.bsize;
  if (free >= LEAST_FREE_BYTES) return incidents.resolved('disk', 'disk.has-room-again');
  const message = `the disk of ${folder} has ${Math.round(free / 1_000_000)} MB free; data that should be kept there may be lost`;
  incidents.opened('disk', 'disk.full', { message, todo: 'Make room on the disk.', severity: 'error' });
}
