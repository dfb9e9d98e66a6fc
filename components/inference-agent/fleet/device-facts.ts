import { statfs } from 'node:fs/promises';
import type { HeartbeatDevice } from '#packages/heartbeat';
import { availableMemory } from '#packages/posix';

export interface DeviceFactsPorts {
  /** On the disk that is asked for its room. */
  readonly workFolder: string;
  readonly nucleus: 'java' | 'lite' | undefined;
  readonly providers: readonly string[];
}

/** More of a ladder than there are providers says nothing. */
const MAX_PROVIDERS = 8;

/** The device as it is now. A disk that does not answer is left out. Never rejects. */
export async function deviceFacts({ workFolder, nucleus, providers }: DeviceFactsPorts): Promise<HeartbeatDevice> {
  const disk = await statfs(workFolder).catch(() => undefined);
  return {
    Nucleus: nucleus ?? 'none',
    Platform: process.platform,
    Architecture: process.arch,
    Providers: providers.slice(0, MAX_PROVIDERS),
    ...(disk ? { DiskFreeBytes: disk.bavail * disk.bsize } : {}),
    MemoryAvailableBytes: availableMemory().availableBytes,
  };
}
