import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exists, filesBelow, Serial } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import type { UploadAttempts } from '#packages/object-store';
import type { CaptureSettings } from '../capture-settings.ts';
import { removeEmptyFolders } from '../disk/durable-folder.ts';
import { isCaptureFile } from '../event/key-layout.ts';
import { captureAttempts } from './capture-attempts.ts';
import type { CaptureUpload } from './capture-upload.ts';
import { moveFile } from './move-file.ts';

export interface PeriodicPorts {
  readonly root: string;
  readonly settings: () => CaptureSettings;
  readonly upload: CaptureUpload;
  readonly onMoved: (path: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

const RETRY_CAP_MS = 300_000;

/** Moves finished files from the disk to the bucket, again and again. Files that are not moved yet are found again after a restart. */
export class PeriodicUpload {
  readonly #ports: PeriodicPorts;
  readonly #waiting = new Set<string>();
  readonly #rounds = new Serial();
  readonly #attempts: UploadAttempts;
  #bytes = 0;
  #isClosing = false;
  #cancel: () => void = () => undefined;

  constructor(ports: PeriodicPorts) {
    this.#ports = ports;
    this.#attempts = captureAttempts(ports, RETRY_CAP_MS);
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
    const abort = (): void => this.#attempts.stop(new Error('the agent stops'));
    const cancel = this.#ports.clock.after(timeoutMs, abort);
    await this.#rounds.idle();
    cancel();
    abort();
  }

  #schedule(): void {
    if (this.#isClosing) return;
    const { uploadPeriodMs, bucket } = this.#ports.settings();
    const delayMs = Math.max(uploadPeriodMs, this.#attempts.msLeft({ bucket }));
    this.#cancel = this.#ports.clock.after(delayMs, () => {
      void this.round().finally(() => this.#schedule());
    });
  }

  async #moveAll(): Promise<void> {
    const { root, upload, settings } = this.#ports;
    for (const path of [...this.#waiting]) {
      if (this.#isClosing) return;
      if (!(await exists(join(root, path)))) {
        this.#forget(path);
        continue;
      }
      const { bucket } = settings();
      const outcome = await this.#attempts.attempt(
        { bucket, object: path },
        (signal) => moveFile(upload, { root, path, bucket }, signal),
        { path, waiting: this.#waiting.size },
      );
      if (outcome.state === 'done') await this.#moved(path, outcome.result);
      // A fault of one file does not hold up the others.
      else if (outcome.state === 'stopped' || outcome.facts.fault !== 'object') return;
    }
  }

  async #moved(path: string, bytes: number): Promise<void> {
    const { root, onMoved } = this.#ports;
    this.#bytes -= bytes;
    this.#forget(path);
    if (this.#waiting.size === 0) this.#bytes = Math.max(0, this.#bytes);
    await removeEmptyFolders(root, dirname(path));
    onMoved(path);
  }

  #forget(path: string): void {
    this.#waiting.delete(path);
    this.#attempts.forget(path);
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}
