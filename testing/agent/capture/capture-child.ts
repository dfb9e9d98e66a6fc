import { writeSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { createLogger, systemClock } from '#packages/foundation';
import { s3ObjectStore } from '#packages/object-store';
import { TEST_KEYS } from '../../object-store/s3-keys.ts';
import type { CaptureRecord } from '../../../components/inference-agent/capture/capture.ts';
import { CaptureService } from '../../../components/inference-agent/capture/capture-service.ts';
import type { CaptureUpload } from '../../../components/inference-agent/capture/upload/capture-upload.ts';
import { captureRecord, settingsFor } from './capture-maker.ts';

/**
 * A process that captures under load until it is killed: `capture-child <folder> <store url> <first part of its ids> <captures>`.
 * Writes `+<id>` when a capture is accepted and `done` when everything is in the bucket.
 */
async function main(): Promise<void> {
  const [folder = '', url = '', run = '', count = '0'] = process.argv.slice(2);
  const log = createLogger({ name: 'capture-child' });
  const settings = settingsFor(folder, {
    periodicUpload: true,
    bufferSize: 64,
    batchSize: 5,
    pushPeriodMs: 20,
    uploadPeriodMs: 15,
  });
  const service = new CaptureService(
    {
      model: () => ({ version: '1.0.0' }),
      upload: uploadTo(url),
      onAccepted: () => undefined,
      clock: systemClock,
      random: Math.random,
      log,
    },
    settings,
  );
  await service.open();
  writeSync(1, 'open\n');
  const total = Number(count);
  let next = 0;
  const capture = async (): Promise<void> => {
    while (next < total) {
      const record = recordOf(`${run}-${next++}`);
      await service.accept(record);
      writeSync(1, `+${record.captureId}\n`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, capture));
  while (await hasFiles(folder)) await setTimeout(LOOK_AGAIN_MS);
  await service.close(10_000);
  writeSync(1, 'done\n');
  process.exit(0);
}

const PARALLEL = 4;
const LOOK_AGAIN_MS = 20;
/** More than is embedded. */
const LARGE = new Uint8Array(4_096).fill(7);

/** Every third has a side file. */
function recordOf(id: string): CaptureRecord {
  const isLarge = Number(id.split('-').at(-1)) % 3 === 0;
  if (!isLarge) return captureRecord(id);
  return captureRecord(id, { inputs: [{ name: 'input', dataType: 'UINT8', shape: [1, 1, 64, 64], data: LARGE }] });
}

/** Whether anything has not been moved to the bucket yet. */
async function hasFiles(folder: string): Promise<boolean> {
  // A folder that goes away while it is read: something was moved just now.
  const names = await readdir(folder, { recursive: true }).catch(() => undefined);
  return names === undefined || names.some((name) => /\.(jsonl|bin)$/.test(name));
}

function uploadTo(url: string): CaptureUpload {
  const store = s3ObjectStore({
    region: 'us-east-1',
    endpoint: url,
    forcePathStyle: true,
    credentials: { get: async () => TEST_KEYS, invalidate: () => undefined },
  });
  return {
    uploadSampleData: async (object, signal) => {
      await store.put({ ...object, metadata: {} }, signal);
    },
    networkStatus: async () => 'OK',
  };
}

void main();
