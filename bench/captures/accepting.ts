import { silentLogger, systemClock } from '#packages/foundation';
import { CaptureService } from '../../components/inference-agent/capture/capture-service.ts';
import { captureRecord, settingsFor } from '../../testing/agent/capture/capture-maker.ts';
import { MemoryUpload } from '../../testing/agent/capture/memory-upload.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';

export interface CaptureLoad {
  readonly name: string;
  /** Clients, each with one capture after the other. */
  readonly parallel: number;
  /** Of the captured input. */
  readonly bytes: number;
}

export const CAPTURE_LOADS: readonly CaptureLoad[] = [
  { name: 'Disk, inline', parallel: 1, bytes: 4 },
  { name: 'Disk, inline', parallel: 16, bytes: 4 },
  { name: 'Disk, side file of 602,112 bytes', parallel: 4, bytes: 602_112 },
];

/** Captures per second that are accepted and durable on the disk. */
export async function measureCaptures(load: CaptureLoad, seconds: number, signal: AbortSignal): Promise<number> {
  const folder = await temporaryFolder();
  const ports = { model: () => ({ version: '1' }), upload: new MemoryUpload(), onAccepted: () => undefined };
  const settings = settingsFor(folder.path, { bufferSize: 2_000, batchSize: 100 });
  const service = new CaptureService(
    { ...ports, clock: systemClock, random: Math.random, log: silentLogger },
    settings,
  );
  await service.open();
  const data = new Uint8Array(load.bytes);
  const end = performance.now() + 1_000 * seconds;
  let accepted = 0;
  const client = async (number: number): Promise<void> => {
    for (let count = 0; performance.now() < end; count++) {
      signal.throwIfAborted();
      const input = { name: 'input', dataType: 'UINT8', shape: [1, 1, 1, load.bytes], data } as const;
      await service.accept(captureRecord(`c${number}-${count}`, { inputs: [input] }));
      accepted++;
    }
  };
  try {
    await Promise.all(Array.from({ length: load.parallel }, (_, number) => client(number)));
    return accepted / seconds;
  } finally {
    await service.close(60_000);
    await folder.remove();
  }
}
