import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTextIfAny, syncFile, writeAtomically } from '#packages/foundation';
import { makeFolderDurably } from './durable-folder.ts';
import { PENDING } from './pending-batch.ts';
import type { PendingCapture } from './pending-batch.ts';

/** Captures that are remembered over a restart. */
const MAX_REMEMBERED = 10_000;

/**
 * The latest finished captures of a folder, one per line, so that an application which repeats one after a restart is told
 * that it was taken already. Unfinished captures are in the pending folder itself.
 */
export class Ledger {
  readonly #file: string;
  #lines: string[] = [];
  #inFile = 0;

  constructor(root: string) {
    this.#file = join(root, PENDING, 'recent.log');
  }

  /** Captures that earlier processes remembered, oldest first. */
  async open(): Promise<readonly PendingCapture[]> {
    await makeFolderDurably(dirname(this.#file));
    const text = (await readTextIfAny(this.#file)) ?? '';
    const captures = text.split('\n').flatMap((line) => captureOf(line) ?? []);
    this.#lines = captures.slice(-MAX_REMEMBERED).map(lineOf);
    await this.#rewrite();
    return captures.slice(-MAX_REMEMBERED);
  }

  async add(captures: readonly PendingCapture[]): Promise<void> {
    const lines = captures.map(lineOf);
    this.#lines.push(...lines);
    if (this.#inFile + lines.length > 2 * MAX_REMEMBERED) {
      this.#lines = this.#lines.slice(-MAX_REMEMBERED);
      return this.#rewrite();
    }
    await appendFile(this.#file, lines.join(''));
    await syncFile(this.#file);
    this.#inFile += lines.length;
  }

  async #rewrite(): Promise<void> {
    // Always the same name beside it: however often the power is lost, one file of this size is left at most.
    await writeAtomically(this.#file, this.#lines.join(''), { fsync: 'folder', partial: `${this.#file}.new` });
    this.#inFile = this.#lines.length;
  }
}

function lineOf({ captureId, model }: PendingCapture): string {
  return `${captureId}\t${model}\n`;
}

function captureOf(line: string): PendingCapture | undefined {
  const [captureId, model, ...more] = line.split('\t');
  return captureId && model && more.length === 0 ? { captureId, model } : undefined;
}
