import { stat } from 'node:fs/promises';
import type { Clock } from '#packages/foundation';
import { completenessOf } from './complete-file.ts';
import { signatureOf } from './list-images.ts';

/** Time between two looks at a file that has just changed. */
const FIRST_LOOK_MS = 30;
const LONGEST_LOOK_MS = 250;
/** A file without an end mark (or damaged) counts as written when it has not changed for this long. */
const SETTLED_MS = 700;

interface Settling {
  signature: string;
  changedAt: number;
  waitMs: number;
  cancel: () => void;
}

/**
 * Waits until files are written to their end: two looks 30 ms apart see the same file, and it either ends as its format ends
 * or has not changed for 0.7 s. A writer that pauses for longer is read too early, and again when it continues.
 */
export class SettlingFiles {
  readonly #clock: Clock;
  readonly #onSettled: (path: string, signature: string) => void;
  readonly #files = new Map<string, Settling>();

  constructor(clock: Clock, onSettled: (path: string, signature: string) => void) {
    this.#clock = clock;
    this.#onSettled = onSettled;
  }

  /** The file has appeared or changed. */
  touch(path: string): void {
    if (this.#files.has(path)) return;
    const file: Settling = {
      signature: '',
      changedAt: this.#clock.monotonic(),
      waitMs: FIRST_LOOK_MS,
      cancel: () => undefined,
    };
    this.#files.set(path, file);
    void this.#look(path, file);
  }

  isSettling(path: string): boolean {
    return this.#files.has(path);
  }

  stop(): void {
    for (const file of this.#files.values()) file.cancel();
    this.#files.clear();
  }

  async #look(path: string, file: Settling): Promise<void> {
    try {
      const signature = signatureOf(await stat(path));
      const isSame = signature === file.signature;
      if (!isSame) Object.assign(file, { signature, changedAt: this.#clock.monotonic() });
      if (isSame && (await this.#isWritten(path, file))) return this.#settle(path, file);
      this.#lookAgain(path, file, isSame);
    } catch {
      // Gone again, or not to be opened: reading it will tell, a listing will find it when it comes back.
      const wasSeen = file.signature !== '';
      if (wasSeen) this.#settle(path, file);
      else this.#files.delete(path);
    }
  }

  async #isWritten(path: string, file: Settling): Promise<boolean> {
    if (this.#clock.monotonic() - file.changedAt >= SETTLED_MS) return true;
    return (await completenessOf(path)) === 'complete';
  }

  #lookAgain(path: string, file: Settling, isSame: boolean): void {
    if (this.#files.get(path) !== file) return;
    file.waitMs = isSame ? Math.min(file.waitMs * 2, LONGEST_LOOK_MS) : FIRST_LOOK_MS;
    file.cancel = this.#clock.after(file.waitMs, () => void this.#look(path, file));
  }

  #settle(path: string, file: Settling): void {
    if (this.#files.get(path) !== file) return;
    this.#files.delete(path);
    this.#onSettled(path, file.signature);
  }
}
