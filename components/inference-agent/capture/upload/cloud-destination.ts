import { Serial } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import type { UploadAttempts } from '#packages/object-store';

import { batchName } from '../batch-name.ts';
import type { CaptureSettings } from '../capture-settings.ts';
import type { AcceptedCapture, Destination, Report } from '../destination.ts';
import { bufferFull } from '../disk/disk-destination.ts';
import { agentErrors } from '../../errors.ts';
import { captureFolder } from '../event/key-layout.ts';
import { writeEvent } from '../event/write-event.ts';
import type { SideFile } from '../event/write-event.ts';
import { FlushTimer } from '../flush-timer.ts';
import { captureAttempts } from './capture-attempts.ts';
import type { CaptureUpload } from './capture-upload.ts';
import { LINES_TYPE } from './content-type.ts';

export interface CloudPorts {
  readonly settings: () => CaptureSettings;
  readonly upload: CaptureUpload;
  readonly report: Report;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Captures that wait in memory have no more bytes than this, however few they are. */
const MAX_BUFFERED_BYTES = 256 * 1024 ** 2;
const RETRY_CAP_MS = 60_000;
/** A bucket or an object that refuses as often will go on refusing. */
const REFUSALS_TO_GIVE_UP = 3;
const REFUSALS: ReadonlySet<string> = new Set(['destination', 'object']);

/** Captures that go from memory to the bucket. With no network none are taken. */
export class CloudDestination implements Destination {
  readonly #ports: CloudPorts;
  readonly #timer: FlushTimer;
  readonly #uploads = new Serial();
  readonly #attempts: UploadAttempts;
  #open = new Map<string, Batch>();
  #buffered = 0;
  #held = 0;
  #bytes = 0;
  #isClosed = false;

  constructor(ports: CloudPorts) {
    this.#ports = ports;
    this.#timer = new FlushTimer(ports.clock, () => this.#flush());
    this.#attempts = captureAttempts(ports, RETRY_CAP_MS);
  }

  async add(capture: AcceptedCapture): Promise<void> {
    if (this.#isClosed) throw agentErrors.error('capture.closed', 'the agent takes no captures any more');
    const settings = this.#ports.settings();
    if (this.#held >= settings.bufferSize) throw bufferFull(settings.bufferSize);
    this.#held++;
    try {
      await this.#checkNetwork(capture);
      this.#buffer(capture, settings);
    } catch (thrown) {
      this.#held--;
      throw thrown;
    }
    this.#timer.want(settings.pushPeriodMs);
    if (this.#buffered >= settings.batchSize) this.#flush();
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    this.#flush();
    const cancel = this.#ports.clock.after(timeoutMs, () => this.#attempts.stop(new Error('the agent stops')));
    await this.#uploads.idle();
    cancel();
  }

  async #checkNetwork({ record: { captureId } }: AcceptedCapture): Promise<void> {
    if ((await this.#ports.upload.networkStatus()) === 'OK') return;
    throw agentErrors.error(
      'capture.offline',
      `capture ${captureId} cannot be taken: its destination is the cloud, and there is no network`,
      { facts: { captureId } },
    );
  }

  #buffer({ record, modelVersion, time }: AcceptedCapture, settings: CaptureSettings): void {
    const { bucket } = settings;
    const folder = captureFolder(settings.folderPrefix, settings.fleet, record.modelName, time);
    const refOf = (name: string): string => `s3://${bucket}/${folder}/${name}`;
    const { line, sideFiles } = writeEvent(record, { ...settings, modelVersion, time, refOf });
    const bytes = sideFiles.reduce((sum, { data }) => sum + data.byteLength, line.length);
    if (this.#bytes + bytes > MAX_BUFFERED_BYTES) throw bytesFull(this.#bytes + bytes);
    const name = batchName(settings.batchSize, record.captureId, this.#ports.clock.now());
    const batch: Batch = this.#open.get(folder) ?? newBatch(bucket, folder, name);
    this.#open.set(folder, batch);
    batch.lines.push(line);
    // The bytes are the caller's until now.
    batch.sideFiles.push(...sideFiles.map((file) => ({ ...file, data: Uint8Array.from(file.data) })));
    batch.captures.push({ captureId: record.captureId, model: record.modelName });
    batch.bytes += bytes;
    this.#bytes += bytes;
    this.#buffered++;
  }

  #flush(): void {
    this.#timer.stop();
    const batches = [...this.#open.values()];
    this.#open = new Map();
    this.#buffered = 0;
    for (const batch of batches) void this.#uploads.run(() => this.#deliver(batch));
  }

  async #deliver(batch: Batch): Promise<void> {
    const status = await this.#upload(batch);
    this.#held -= batch.captures.length;
    this.#bytes -= batch.bytes;
    for (const { captureId, model } of batch.captures) this.#ports.report(captureId, model, status);
    if (status === 'FAILURE') {
      const captures = batch.captures.map(({ captureId }) => captureId);
      this.#ports.log.error({ key: batch.key, captures }, 'capture.lost');
    }
  }

  /** Tries until it is done, refused for good, or the agent stops. */
  async #upload(batch: Batch): Promise<'SUCCESS' | 'FAILURE'> {
    const target = { bucket: batch.bucket, object: batch.key };
    for (let refusals = 0; refusals < REFUSALS_TO_GIVE_UP && (await this.#attempts.ready(target));) {
      const outcome = await this.#attempts.attempt(target, (signal) => this.#put(batch, signal), { key: batch.key });
      if (outcome.state === 'done') return 'SUCCESS';
      if (outcome.state === 'failed' && REFUSALS.has(outcome.facts.fault)) refusals++;
    }
    this.#attempts.forget(batch.key);
    return 'FAILURE';
  }

  async #put({ bucket, folder, key, lines, sideFiles }: Batch, signal: AbortSignal): Promise<void> {
    const put = (name: string, body: Uint8Array, contentType: string) =>
      this.#ports.upload.uploadSampleData({ bucket, key: name, body, contentType }, signal);
    for (const { name, data, contentType } of sideFiles) await put(`${folder}/${name}`, data, contentType);
    await put(key, Buffer.concat(lines), LINES_TYPE);
  }
}

interface Batch {
  readonly bucket: string;
  readonly folder: string;
  readonly key: string;
  readonly lines: Buffer[];
  readonly sideFiles: SideFile[];
  readonly captures: { readonly captureId: string; readonly model: string }[];
  bytes: number;
}

function newBatch(bucket: string, folder: string, name: string): Batch {
  return { bucket, folder, key: `${folder}/${name}`, lines: [], sideFiles: [], captures: [], bytes: 0 };
}

function bytesFull(bytes: number) {
  return agentErrors.error(
    'capture.buffer-full',
    `captures that wait for the bucket would have ${bytes} bytes, ${MAX_BUFFERED_BYTES} are allowed`,
    { facts: { bytes } },
  );
}
