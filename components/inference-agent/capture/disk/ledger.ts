import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { syncFile, syncFolder, writeDurably } from '../../store/durable.ts';
import { makeFolderDurably } from './durable-folder.ts';
import { PENDING } from './pending-batch.ts';
import type { PendingCapture } from './pending-batch.ts';

/** Captures that are remembered over a restart. */
const MAX_REMEMBERED = 10_000;

/**
 * The latest finished captures of a folder, one per line, so that an application which repeats one after a restart is told
 * that it was taken already. What is not finished is in the pending folder itself.
 */
export class Ledger {
  readonly #file: string;
  #lines: string[] = [];
  #inFile = 0;

  constructor(root: string) {
    this.#file = join(root, PENDING, 'recent.log');
  }

  /** What earlier processes remembered, oldest first. */
  async open(): Promise<readonly PendingCapture[]> {
    await makeFolderDurably(dirname(this.#file));
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
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
    await writeDurably(this.#file, this.#lines.join(''));
    await syncFolder(dirname(this.#file));
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
