import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import process from 'node:process';
import type { Finding } from '../finding.ts';

const LOW_BYTES = 500_000_000;
const FULL_BYTES = 50_000_000;
/** Frames of cameras lie there; containers have 64 MB by default. */
const SHARED_MEMORY = '/dev/shm';
const LOW_SHARED_BYTES = 100_000_000;

/** Room where the collection writes. */
export async function checkDisk(root: string | undefined): Promise<readonly Finding[]> {
  const places = [root ?? process.cwd(), tmpdir()].map((place) => roomAt(place, LOW_BYTES, FULL_BYTES));
  const shared = process.platform === 'linux' ? [roomAt(SHARED_MEMORY, LOW_SHARED_BYTES, 1_000_000)] : [];
  const found = await Promise.all([...places, ...shared]);
  return found.flat();
}

async function roomAt(place: string, lowBytes: number, fullBytes: number): Promise<readonly Finding[]> {
  const disk = await statfs(place).catch(() => undefined);
  const base = { section: 'disk', name: place } as const;
  if (!disk) return [{ ...base, state: 'warning', says: 'is not there, or may not be looked at' }];
  const free = disk.bavail * disk.bsize;
  const says = `${megabytes(free)} of ${megabytes(disk.blocks * disk.bsize)} free`;
  const noInodes =
    disk.files > 0 && disk.ffree === 0 ? [{ ...base, state: 'error', says: 'has no inodes left' } as const] : [];
  if (free >= lowBytes) return [{ ...base, state: 'ok', says }, ...noInodes];
  return [{ ...base, state: free < fullBytes ? 'error' : 'warning', says, todo: 'Make room.' }, ...noInodes];
}

function megabytes(bytes: number): string {
  return bytes >= 10e9 ? `${(bytes / 1e9).toFixed(0)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;
}
