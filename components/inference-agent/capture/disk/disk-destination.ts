import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDiskFull, messageOf, sleep } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { batchName } from '../batch-name.ts';
import type { CaptureSettings } from '../capture-settings.ts';
import type { AcceptedCapture, Destination, Report } from '../destination.ts';
import { agentErrors } from '../../errors.ts';
import { captureFolder } from '../event/key-layout.ts';
import { writeEvent } from '../event/write-event.ts';
import type { WrittenEvent } from '../event/write-event.ts';
import { FlushTimer } from '../flush-timer.ts';
import type { Ledger } from './ledger.ts';
import { PendingBatch } from './pending-batch.ts';

export interface DiskPorts {
  /** Folder of captured data. */
  readonly root: string;
  readonly settings: () => CaptureSettings;
  readonly ledger: Ledger;
  readonly report: Report;
  /** A file is at its place. */
  readonly onFile: (path: string, bytes: number) => void;
  /** Bytes that wait for their upload. */
  readonly waitingBytes: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Captures as files below a folder, durable from the moment of acceptance. */
export class DiskDestination implements Destination {
  readonly #ports: DiskPorts;
  readonly #open = new Map<string, PendingBatch>();
  readonly #finishing = new Set<Promise<void>>();
  readonly #timer: FlushTimer;
  /** Taken and not yet at their place. */
  #held = 0;
  /** Durable, and in none of the batches that are being finished. */
  #buffered = 0;
  #isClosed = false;

  constructor(ports: DiskPorts) {
    this.#ports = ports;
    this.#timer = new FlushTimer(ports.clock, () => this.#flush());
  }

  async add(capture: AcceptedCapture): Promise<void> {
    const settings = this.#ports.settings();
    if (this.#isClosed) throw agentErrors.error('capture.closed', 'the agent takes no captures any more');
    if (this.#held >= settings.bufferSize) throw bufferFull(settings.bufferSize);
    this.#held++;
    try {
      await this.#store(capture, settings);
    } catch (thrown) {
      this.#held--;
      throw thrown;
    }
    this.#timer.want(settings.pushPeriodMs);
    if (this.#buffered >= settings.batchSize) this.#flush();
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    this.#timer.stop();
    this.#flush();
    const late = new AbortController();
    const all = Promise.all(this.#finishing).then(() => late.abort());
    // A capture that is not finished in time is on the disk all the same, and the next start finishes it.
    await Promise.race([all, sleep(this.#ports.clock, timeoutMs, late.signal).catch(() => undefined)]);
  }

  async #store({ record, modelVersion, time }: AcceptedCapture, settings: CaptureSettings): Promise<void> {
    const { root } = this.#ports;
    const { captureId, modelName } = record;
    const folder = captureFolder(settings.folderPrefix, settings.fleet, modelName, time);
    const event = writeEvent(record, {
      ...settings,
      modelVersion,
      time,
      refOf: (name) => pathToFileURL(join(root, folder, name)).href,
    });
    await this.#checkRoom(event, settings);
    const batch = this.#open.get(folder) ?? new PendingBatch(root, folder, this.#nameOf(captureId, settings));
    this.#open.set(folder, batch);
    try {
      await batch.add({ captureId, model: modelName }, event);
    } catch (thrown) {
      if (batch.captures.length === 0) this.#forget(folder, batch);
      throw failure(thrown, captureId, root);
    }
    if (this.#open.get(folder) === batch) this.#buffered++;
  }

  #nameOf(captureId: string, { batchSize }: CaptureSettings): string {
    return batchName(batchSize, captureId, this.#ports.clock.now());
  }

  async #checkRoom(event: WrittenEvent, settings: CaptureSettings): Promise<void> {
    const bytes = event.sideFiles.reduce((sum, { data }) => sum + data.byteLength, event.line.length);
    const { root, waitingBytes } = this.#ports;
    const waiting = waitingBytes();
    if (settings.periodicUpload && waiting + bytes > settings.maxDiskBytes) {
      throw full(root, `${waiting} bytes of captured data wait for their upload, CaptureDataMaxDiskMB allows no more`);
    }
    // The folder may be yet to come: its disk is that of the first folder above it that is there.
    const disk = await statfs(root).catch(() => undefined);
    if (disk && disk.bavail * disk.bsize - bytes < settings.minFreeBytes) {
      throw full(root, `less than MinFreeDiskMB would stay free on the disk of ${root}`);
    }
  }

  #forget(folder: string, batch: PendingBatch): void {
    if (this.#open.get(folder) !== batch) return;
    this.#open.delete(folder);
    // Others may be on their way into it.
    this.#begin(batch);
  }

  #flush(): void {
    this.#timer.stop();
    const batches = [...this.#open.values()];
    this.#open.clear();
    this.#buffered = 0;
    for (const batch of batches) this.#begin(batch);
  }

  #begin(batch: PendingBatch): void {
    const finishing = this.#finish(batch).finally(() => this.#finishing.delete(finishing));
    this.#finishing.add(finishing);
  }

  /** Tries until it is done: nothing else would bring the file to its place before the next start. */
  async #finish(batch: PendingBatch): Promise<void> {
    const { ledger, report, onFile, clock, log } = this.#ports;
    for (;;) {
      try {
        await batch.settled();
        await ledger.add(batch.captures).catch((error: unknown) => log.warn({ error }, 'capture.ledger-not-written'));
        await batch.finish();
        break;
      } catch (error) {
        log.error({ path: batch.path, error }, 'capture.file-not-finished');
        if (this.#isClosed) return;
        await sleep(clock, RETRY_MS);
      }
    }
    this.#held -= batch.captures.length;
    for (const { captureId, model } of batch.captures) report(captureId, model, 'SUCCESS');
    if (batch.captures.length > 0) onFile(batch.path, batch.bytes);
  }
}

const RETRY_MS = 5_000;

export function bufferFull(size: number) {
  return agentErrors.error(
    'capture.buffer-full',
    `${size} captures are on their way to their destination, CaptureDataBufferSize allows no more`,
    { facts: { bufferSize: size } },
  );
}

function full(root: string, message: string) {
  return agentErrors.error('capture.disk-full', message, { facts: { root } });
}

function failure(thrown: unknown, captureId: string, root: string) {
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  const message = `capture ${captureId} cannot be written below ${root}: ${messageOf(thrown)}`;
  const options = { cause: thrown, facts: { captureId, root } };
  if (code === 'EEXIST') return agentErrors.error('capture.duplicate', message, options);
  if (isDiskFull(thrown)) return agentErrors.error('capture.disk-full', message, options);
  return agentErrors.error('capture.write-failed', message, options);
}
