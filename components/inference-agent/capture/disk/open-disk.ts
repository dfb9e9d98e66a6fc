import { join } from 'node:path';
import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import type { CaptureSettings } from '../capture-settings.ts';
import type { Destination, Report } from '../destination.ts';
import { agentErrors } from '../../errors.ts';
import type { CaptureUpload } from '../upload/capture-upload.ts';
import { PeriodicUpload } from '../upload/periodic-upload.ts';
import { DiskDestination } from './disk-destination.ts';
import { Ledger } from './ledger.ts';
import { PENDING } from './pending-batch.ts';
import { recoverPending } from './recover.ts';

export interface OpenDiskPorts {
  readonly settings: () => CaptureSettings;
  readonly upload: CaptureUpload | undefined;
  readonly report: Report;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** The folder of captured data, with what an earlier process left in it finished. @throws EdgeError `capture.write-failed` */
export async function openDisk(ports: OpenDiskPorts): Promise<Destination> {
  const { settings, upload, report, log } = ports;
  const root = settings().diskPath;
  const ledger = new Ledger(root);
  try {
    for (const { captureId, model } of await ledger.open()) report(captureId, model, 'SUCCESS');
    const { files, captures, cutLines } = await recoverPending(root, (found) => ledger.add(found));
    for (const { captureId, model } of captures) report(captureId, model, 'SUCCESS');
    if (files.length > 0 || cutLines > 0) {
      log.info({ files: files.length, captures: captures.length, cutLines }, 'capture.recovered');
    }
    const mover =
      upload && movesFiles(settings(), log) ? new PeriodicUpload({ ...ports, root, upload, onMoved }) : undefined;
    await mover?.start();
    const disk = new DiskDestination({
      ...ports,
      root,
      ledger,
      onFile: (path, bytes) => mover?.add(path, bytes),
      waitingBytes: () => mover?.waitingBytes ?? 0,
    });
    return {
      add: (capture) => disk.add(capture),
      close: async (timeoutMs) => {
        await disk.close(timeoutMs / 2);
        await mover?.close(timeoutMs / 2);
      },
    };
  } catch (cause) {
    const folder = join(root, PENDING);
    throw agentErrors.error('capture.write-failed', `${folder} cannot be used: ${messageOf(cause)}`, {
      cause,
      facts: { root },
    });
  }

  function onMoved(path: string): void {
    log.debug({ path, bucket: settings().bucket }, 'capture.uploaded');
  }
}

function movesFiles({ periodicUpload, bucket }: CaptureSettings, log: Logger): boolean {
  if (periodicUpload && bucket === '') log.warn({ missing: 'BucketName' }, 'capture.upload-not-configured');
  return periodicUpload && bucket !== '';
}
