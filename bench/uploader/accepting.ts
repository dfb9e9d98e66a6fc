import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { quantile } from '#packages/foundation';
import { startBenchUploader } from './bench-uploader.ts';

export interface AcceptFigures {
  readonly bytes: number;
  readonly callers: number;
  readonly samplesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** A loop that writes a file of the same size and syncs it, before and after, on the same disk. */
  readonly bareFilesPerSecond: number;
}

/** Nowhere: samples are accepted and stay. */
const NO_STORE = {
  S3Endpoint: 'http://127.0.0.1:9',
  SpoolMaxMB: 4_000,
  SpoolMaxSamples: 100_000,
  RetryCapSeconds: 3_600,
};

/** Samples that one uploader takes, each on the disk and synced before it is answered. */
export async function measureAccepting(
  bytes: number,
  callers: number,
  samples: number,
  signal: AbortSignal,
): Promise<AcceptFigures> {
  const uploader = await startBenchUploader(NO_STORE);
  try {
    const input = Buffer.alloc(bytes, 7);
    const send = () => {
      signal.throwIfAborted();
      return uploader.client.publish('Parts', { input, prediction: [0.4, 0.6] });
    };
    for (let warm = 0; warm < 20; warm++) await send();
    const before = await bareFilesPerSecond(uploader.folder, input, Math.ceil(samples / 4));
    const times: number[] = [];
    let left = samples;
    const startedAt = performance.now();
    const caller = async (): Promise<void> => {
      while (left-- > 0) {
        const from = performance.now();
        await send();
        times.push(performance.now() - from);
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    const seconds = (performance.now() - startedAt) / 1_000;
    const after = await bareFilesPerSecond(uploader.folder, input, Math.ceil(samples / 4));
    return {
      bytes,
      callers,
      samplesPerSecond: samples / seconds,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      bareFilesPerSecond: (before + after) / 2,
    };
  } finally {
    await uploader.close();
  }
}

async function bareFilesPerSecond(folder: string, content: Uint8Array, files: number): Promise<number> {
  const startedAt = performance.now();
  for (let file = 0; file < files; file++) {
    const name = path.join(folder, `bare-${file}`);
    const handle = await open(name, 'wx');
    await handle.write(content);
    await handle.sync();
    await handle.close();
    await rm(name);
  }
  return files / ((performance.now() - startedAt) / 1_000);
}
