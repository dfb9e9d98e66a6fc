import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '#packages/foundation';
import { CaptureService } from '../../components/inference-agent/capture/capture-service.ts';
import type { CaptureSettings } from '../../components/inference-agent/capture/capture-settings.ts';
import { captureRecord, settingsFor } from '../../testing/agent/capture/capture-maker.ts';
import { MemoryUpload } from '../../testing/agent/capture/memory-upload.ts';

/** Captures per second that are accepted and, for the disk, durable: `npx tsx …/capture-bench.ts [seconds]`. */
const SECONDS = Number(process.argv[2] ?? 10);

async function measure(name: string, parallel: number, changes: Partial<CaptureSettings>, bytes = 4): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'capture-bench-'));
  const upload = new MemoryUpload();
  const ports = { model: () => ({ version: '1' }), upload, onAccepted: () => undefined };
  const settings = settingsFor(root, { bufferSize: 2_000, batchSize: 100, ...changes });
  const service = new CaptureService(
    { ...ports, clock: systemClock, random: Math.random, log: silentLogger },
    settings,
  );
  await service.open();
  const data = new Uint8Array(bytes);
  const end = performance.now() + 1_000 * SECONDS;
  let accepted = 0;
  const client = async (number: number): Promise<void> => {
    for (let count = 0; performance.now() < end; count++) {
      const input = { name: 'input', dataType: 'UINT8', shape: [1, 1, 1, bytes], data } as const;
      await service.accept(captureRecord(`c${number}-${count}`, { inputs: [input] }));
      accepted++;
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, number) => client(number)));
  console.info(`${name}, ${parallel} at once: ${Math.round(accepted / SECONDS)} captures/s`);
  await service.close(60_000);
  await rm(root, { recursive: true });
}

await measure('Disk, inline', 1, {});
await measure('Disk, inline', 16, {});
await measure('Disk, side file of 602,112 bytes', 4, {}, 602_112);
