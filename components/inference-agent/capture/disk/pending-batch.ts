import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, isMissing, syncFolder } from '#packages/foundation';
import type { SideFile, WrittenEvent } from '../event/write-event.ts';
import { makeFolderDurably, removeEmptyFolders, writeFileDurably } from './durable-folder.ts';
import { LineFile } from './line-file.ts';

/** Folder below that of captured data where files lie, in the same layout, until they are finished. */
export const PENDING = '.pending';

export interface PendingCapture {
  readonly captureId: string;
  readonly model: string;
}

/**
 * A capture file in the making. Each capture is durable in it when it is accepted; the finished file comes to its place by a
 * rename, so that readers never see half of one and no crash makes two of it.
 */
export class PendingBatch {
  /** Captures that are durable in it. */
  readonly captures: PendingCapture[] = [];
  #bytes = 0;
  readonly #root: string;
  readonly #folder: string;
  readonly #name: string;
  readonly #sideFiles: string[] = [];
  readonly #running = new Set<Promise<void>>();
  #file: Promise<LineFile> | undefined;
  #isClosed = false;

  /**
   * @param root folder of captured data
   * @param folder of the file from there
   * @param name of the file
   */
  constructor(root: string, folder: string, name: string) {
    this.#root = root;
    this.#folder = folder;
    this.#name = name;
  }

  /** Of the file and those beside it. */
  get bytes(): number {
    return this.#bytes;
  }

  get path(): string {
    return `${this.#folder}/${this.#name}`;
  }

  /** Resolves when the capture is durable. Side files come first: what a line refers to is there. */
  async add(capture: PendingCapture, event: WrittenEvent): Promise<void> {
    const adding = this.#add(capture, event);
    this.#running.add(adding);
    try {
      await adding;
    } finally {
      this.#running.delete(adding);
    }
  }

  /** Waits for adds that run. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Brings the file to its place. May be tried again after a failure. */
  async finish(): Promise<void> {
    await this.settled();
    const file = await this.#file?.catch(() => undefined);
    if (!this.#isClosed) await file?.close();
    this.#isClosed = true;
    if (this.captures.length > 0) return publish(this.#root, this.path, this.#sideFiles);
    if (file) await rm(join(this.#root, PENDING, this.path), { force: true });
  }

  async #add(capture: PendingCapture, { line, sideFiles }: WrittenEvent): Promise<void> {
    const file = await (this.#file ??= this.#open());
    const written = await this.#write(sideFiles);
    try {
      await file.append(line);
    } catch (thrown) {
      await removeAll(written);
      throw thrown;
    }
    this.captures.push(capture);
    this.#bytes += sideFiles.reduce((sum, { data }) => sum + data.byteLength, line.length);
    this.#sideFiles.push(...sideFiles.map(({ name }) => name));
  }

  async #write(sideFiles: readonly SideFile[]): Promise<readonly string[]> {
    const folder = join(this.#root, PENDING, this.#folder);
    const written: string[] = [];
    try {
      for (const { name, data } of sideFiles) {
        if (await exists(join(this.#root, this.#folder, name))) throw fileExists(name);
        await writeFileDurably(join(folder, name), data);
        written.push(join(folder, name));
      }
      if (written.length > 0) await syncFolder(folder);
      return written;
    } catch (thrown) {
      await removeAll(written);
      throw thrown;
    }
  }

  async #open(): Promise<LineFile> {
    if (await exists(join(this.#root, this.path))) throw fileExists(this.#name);
    const folder = join(this.#root, PENDING, this.#folder);
    for (let attempt = 1; ; attempt++) {
      try {
        await makeFolderDurably(folder);
        const file = await LineFile.create(join(folder, this.#name));
        await syncFolder(folder);
        return file;
      } catch (thrown) {
        // A batch of the same folder that was finished just now has removed the empty folder.
        if (attempt === FOLDER_ATTEMPTS || !isMissing(thrown)) throw thrown;
      }
    }
  }
}

const FOLDER_ATTEMPTS = 5;

/** Moves a whole file and those beside it from the pending folder to their place, the file itself last. */
export async function publish(root: string, path: string, sideFiles: readonly string[]): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const from = join(root, PENDING, folder);
  const to = join(root, folder);
  for (let attempt = 1; ; attempt++) {
    try {
      await makeFolderDurably(to);
      // One that somebody has deleted leaves its line readable all the same.
      for (const name of sideFiles) await renameIfThere(join(from, name), join(to, name)).catch(ignoreMissing);
      if (sideFiles.length > 0) await syncFolder(to);
      await renameIfThere(join(root, PENDING, path), join(root, path));
      break;
    } catch (thrown) {
      // An upload that has just emptied the folder has removed it.
      if (attempt === FOLDER_ATTEMPTS || !isMissing(thrown)) throw thrown;
    }
  }
  // Either folder may be gone by now: the file is uploaded already, or another batch was the last one here.
  await syncFolder(to).catch(ignoreMissing);
  await syncFolder(from).catch(ignoreMissing);
  await removeEmptyFolders(root, `${PENDING}/${folder}`);
}

/** An earlier attempt, or one before a crash, may have come this far. */
async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: unknown) => {
    if (!isMissing(error) || !(await exists(to))) throw error;
  });
}

function ignoreMissing(thrown: unknown): void {
  if (!isMissing(thrown)) throw thrown;
}

async function removeAll(files: readonly string[]): Promise<void> {
  for (const file of files) await rm(file, { force: true }).catch(() => undefined);
}

function fileExists(name: string): Error {
  return Object.assign(new Error(`the file ${name} is there already`), { code: 'EEXIST' });
}
