import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Backoff, filesBelow, isMissing, Serial } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { failureFacts } from '#packages/object-store';
import type { CaptureSettings } from '../capture-settings.ts';
import { removeEmptyFolders } from '../disk/durable-folder.ts';
import { isCaptureFile } from '../event/key-layout.ts';
import type { CaptureUpload } from './capture-upload.ts';
import { moveFile } from './move-file.ts';
import { IncidentLog } from './incident-log.ts';

export interface PeriodicPorts {
  readonly root: string;
  readonly settings: () => CaptureSettings;
  readonly upload: CaptureUpload;
  readonly onMoved: (path: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 300_000;
const OBJECT_TIMEOUT_MS = 120_000;

/** Moves finished files from the disk to the bucket, again and again. What is not moved yet is found again after a restart. */
export class PeriodicUpload {
  readonly #ports: PeriodicPorts;
  readonly #waiting = new Set<string>();
  readonly #rounds = new Serial();
  readonly #backoff: Backoff;
  readonly #trouble: IncidentLog;
  readonly #stop = new AbortController();
  #bytes = 0;
  #isClosing = false;
  #cancel: () => void = () => undefined;

  constructor(ports: PeriodicPorts) {
    this.#ports = ports;
    this.#backoff = new Backoff(ports, RETRY_BASE_MS);
    this.#trouble = new IncidentLog(ports.log);
  }

  /** Bytes of all files that wait. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Looks for files that are there already, of this prefix and fleet or another, and begins. */
  async start(): Promise<void> {
    const { root, settings } = this.#ports;
    const prefix = settings().folderPrefix;
    for (const name of await filesBelow(join(root, prefix))) {
      const path = prefix === '' ? name : `${prefix}/${name}`;
      if (path.startsWith('.')) continue;
      this.#bytes += await sizeOf(join(root, path));
      if (isCaptureFile(path)) this.#waiting.add(path);
    }
    this.#schedule();
  }

  /** A file has come to its place. */
  add(path: string, bytes: number): void {
    this.#waiting.add(path);
    this.#bytes += bytes;
  }

  /** Moves what waits now. Resolves when all of it is moved, or when the store cannot take it. */
  round(): Promise<void> {
    return this.#rounds.run(() => this.#moveAll());
  }

  /** Lets what runs end within `timeoutMs`, then stops it; its file waits for the next start. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    this.#cancel();
    const cancel = this.#ports.clock.after(timeoutMs, () => this.#stop.abort(new Error('the agent stops')));
    await this.#rounds.idle();
    cancel();
    this.#stop.abort(new Error('the agent stops'));
  }

  #schedule(): void {
    if (this.#isClosing) return;
    const delayMs = Math.max(this.#ports.settings().uploadPeriodMs, this.#backoff.msLeft);
    this.#cancel = this.#ports.clock.after(delayMs, () => {
      void this.round().finally(() => this.#schedule());
    });
  }

  async #moveAll(): Promise<void> {
    for (const path of [...this.#waiting]) {
      if (this.#isClosing) return;
      try {
        await this.#move(path);
      } catch (thrown) {
        if (this.#stop.signal.aborted) return;
        if (isMissing(thrown)) {
          this.#waiting.delete(path);
          continue;
        }
        this.#trouble.failed(thrown, { path, waiting: this.#waiting.size });
        // What is wrong with one file need not hold up the others.
        if (failureFacts(thrown).fault === 'object') continue;
        return this.#backoff.failed(RETRY_CAP_MS);
      }
    }
  }

  async #move(path: string): Promise<void> {
    const { root, upload, settings, clock, onMoved } = this.#ports;
    const late = new AbortController();
    const reason = new Error(`no answer within ${OBJECT_TIMEOUT_MS} ms`);
    const cancel = clock.after(OBJECT_TIMEOUT_MS, () => late.abort(reason));
    try {
      const signal = AbortSignal.any([late.signal, this.#stop.signal]);
      this.#bytes -= await moveFile(upload, { root, path, bucket: settings().bucket }, signal);
    } finally {
      cancel();
    }
    this.#waiting.delete(path);
    if (this.#waiting.size === 0) this.#bytes = Math.max(0, this.#bytes);
    this.#backoff.succeeded();
    this.#trouble.succeeded();
    await removeEmptyFolders(root, dirname(path));
    onMoved(path);
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}
