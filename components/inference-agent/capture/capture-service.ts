import { Serial } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';

import type { Capture, CaptureRecord, CaptureStatus } from './capture.ts';
import type { CaptureSettings } from './capture-settings.ts';
import { checkRecord } from './check-record.ts';
import type { Destination } from './destination.ts';
import { agentErrors } from '../errors.ts';
import { openDisk } from './disk/open-disk.ts';
import { StatusBook } from './status-book.ts';
import type { CaptureUpload } from './upload/capture-upload.ts';
import { CloudDestination } from './upload/cloud-destination.ts';

export interface CapturePorts {
  /** The model that serves under an alias; undefined if there is none. */
  readonly model: (alias: string) => { readonly version: string } | undefined;
  /** The way to the bucket; undefined if there is no cloud. */
  readonly upload: CaptureUpload | undefined;
  /** A capture of a model was accepted. */
  readonly onAccepted: (alias: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Takes captures over, remembers what became of them, and follows the configuration. */
export class CaptureService implements Capture {
  readonly #ports: CapturePorts;
  readonly #book = new StatusBook();
  readonly #changes = new Serial();
  #settings: CaptureSettings;
  #opened: Promise<Destination> | undefined;
  #closing: Promise<void> | undefined;

  constructor(ports: CapturePorts, settings: CaptureSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Finishes what an earlier process left on the disk. A failure is logged, and the capture is tried again with the next one. */
  async open(): Promise<void> {
    if (this.#settings.destination === 'Cloud') return;
    await this.#destination().catch((error: unknown) => this.#ports.log.error({ error }, 'capture.not-opened'));
  }

  async accept(record: CaptureRecord): Promise<void> {
    const { clock, model, onAccepted } = this.#ports;
    const now = clock.now();
    if (this.#closing) throw agentErrors.error('capture.closed', 'the agent takes no captures any more');
    checkRecord(record, now);
    const { captureId, modelName } = record;
    const serving = model(modelName);
    if (!serving) throw unknownModel(record);
    this.#checkConfigured(record);
    const destination = await this.#destination();
    if (this.#book.get(captureId)) throw duplicate(captureId);
    this.#book.set(captureId, modelName, 'IN_PROGRESS');
    try {
      const time = record.inferenceTimestamp ?? now;
      await destination.add({ record, modelVersion: serving.version, time });
    } catch (thrown) {
      this.#book.forget(captureId);
      throw thrown;
    }
    onAccepted(modelName);
  }

  status(modelName: string | undefined, captureId: string): CaptureStatus {
    const known = this.#book.get(captureId);
    if (known && (modelName === undefined || known.model === modelName)) return known.status;
    const where = modelName === undefined ? '' : ` of the model "${modelName}"`;
    throw agentErrors.error('capture.unknown-id', `no capture ${captureId.slice(0, 200)}${where} is known`, {
      facts: { captureId: captureId.slice(0, 200), modelName },
    });
  }

  /** Holds for what comes; a change of the destination finishes what was on its way to the old one. */
  setSettings(settings: CaptureSettings): Promise<void> {
    return this.#changes.run(async () => {
      const before = this.#settings;
      this.#settings = settings;
      if (OPENED_WITH.every((key) => before[key] === settings[key])) return;
      await this.#closeDestination(CHANGE_TIMEOUT_MS);
      await this.open();
    });
  }

  /** Finishes what there is, within about `timeoutMs`. Idempotent. */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#changes.run(() => this.#closeDestination(timeoutMs));
    return this.#closing;
  }

  async #closeDestination(timeoutMs: number): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    const destination = await opened?.catch(() => undefined);
    await destination?.close(timeoutMs);
  }

  #destination(): Promise<Destination> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #open(): Promise<Destination> {
    const { upload, clock, random, log } = this.#ports;
    const settings = (): CaptureSettings => this.#settings;
    const report = (captureId: string, model: string, status: CaptureStatus): void =>
      this.#book.set(captureId, model, status);
    if (this.#settings.destination === 'Disk') return openDisk({ settings, upload, report, clock, random, log });
    if (upload) return new CloudDestination({ settings, upload, report, clock, random, log });
    throw agentErrors.error('capture.not-configured', NO_PROVIDER, { facts: { missing: [NO_PROVIDER] } });
  }

  #checkConfigured({ captureId }: CaptureRecord): void {
    const { destination, fleet, bucket } = this.#settings;
    const toCloud = destination === 'Cloud';
    const missing = [
      ...(fleet === '' ? ['DeviceFleetName is not set'] : []),
      ...(toCloud && bucket === '' ? ['BucketName is not set'] : []),
      ...(toCloud && !this.#ports.upload ? [NO_PROVIDER] : []),
    ];
    if (missing.length === 0) return;
    throw agentErrors.error('capture.not-configured', `capture ${captureId} has nowhere to go: ${missing.join('; ')}`, {
      facts: { captureId, missing },
    });
  }
}

/** The values that a destination is made with; it reads everything else again for each capture. */
const OPENED_WITH = [
  'destination',
  'diskPath',
  'periodicUpload',
  'bucket',
] as const satisfies readonly (keyof CaptureSettings)[];
const NO_PROVIDER = 'CaptureDataDestination is Cloud and CloudProvider is None';
/** Nobody waits for it, and what stays behind would be found at the next start only. */
const CHANGE_TIMEOUT_MS = 600_000;

function duplicate(captureId: string) {
  return agentErrors.error('capture.duplicate', `capture ${captureId} was accepted before`, { facts: { captureId } });
}

function unknownModel({ captureId, modelName }: CaptureRecord) {
  return agentErrors.error(
    'capture.unknown-model',
    `capture ${captureId} is of the model "${modelName}", and none serves under this alias`,
    { facts: { captureId, modelName } },
  );
}
