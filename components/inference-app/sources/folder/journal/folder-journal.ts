import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { checkedLine, isMissing, messageOf, readCheckedLine, Serial, writeAtomically } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';
import { journalSubject } from '../../subjects.ts';

/** An image that all services are done with. */
export interface DoneImage {
  /** Path inside the folder, with `/`. */
  readonly name: string;
  /** Size, time and inode: tells one content from the next without reading it. */
  readonly signature: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** SHA-256 of the content, base64; undefined if the file was not there any more, or has gone since. */
  readonly hash?: string | undefined;
}

export interface FolderJournalOptions {
  readonly source: string;
  readonly file: string;
  /** Names the folder, and the services that looked at its images. A journal of another scope is begun again. */
  readonly scope: string;
  readonly clock: Clock;
  readonly incidents: Incidents;
  /** Default 50,000. */
  readonly maxImages?: number;
}

const MAX_IMAGES = 50_000;
/** A change is on the disk after this long: an image that is done before a crash may be looked at once more. */
const FLUSH_MS = 250;
/** The file is written again when it holds this many lines beyond twice those that count. */
const SPARE_LINES = 1_000;

const headSchema = z.object({ journal: z.literal(1), scope: z.string() });
const lineSchema = z.union([
  z.tuple([z.string(), z.string(), z.number(), z.number(), z.string().nullable()]),
  /** Images whose entries were dropped are not newer than this. */
  z.object({ droppedUntil: z.number() }),
]);

/**
 * The images of a watched folder that are done, so that a restart does not answer them again. Bounded: of more images than fit, the
 * oldest entries are dropped, and from then on an unknown file that is not newer than those counts as done.
 *
 * One line for each image, with a checksum, appended and synced: a loss of power costs the last lines, never those before.
 */
export class FolderJournal {
  readonly #options: FolderJournalOptions;
  readonly #images = new Map<string, DoneImage>();
  readonly #writing = new Serial();
  #droppedUntil = -Infinity;
  #lines = 0;
  #unwritten: Buffer[] = [];
  /** Whether the file cannot be appended to: it is not there, damaged, or a write has failed. */
  #mustRewrite = true;
  #cancelFlush: (() => void) | undefined;

  private constructor(options: FolderJournalOptions) {
    this.#options = options;
  }

  /** Reads what is there; never rejects. */
  static async open(options: FolderJournalOptions): Promise<FolderJournal> {
    const journal = new FolderJournal(options);
    try {
      journal.#read(await readFile(options.file));
    } catch (thrown) {
      if (!isMissing(thrown)) journal.#warn(thrown);
    }
    return journal;
  }

  get scope(): string {
    return this.#options.scope;
  }

  find(name: string): DoneImage | undefined {
    return this.#images.get(name);
  }

  /** Whether an image without an entry is so old that its entry may have been dropped. */
  mayBeDropped(modifiedAt: number): boolean {
    return modifiedAt <= this.#droppedUntil;
  }

  add(image: DoneImage): void {
    this.#set(image);
    this.#unwritten.push(checkedLine(lineOf(image)));
    const { maxImages = MAX_IMAGES } = this.#options;
    const [oldest] = this.#images.values();
    if (this.#images.size > maxImages && oldest) {
      this.#images.delete(oldest.name);
      this.#droppedUntil = Math.max(this.#droppedUntil, oldest.modifiedAt);
      this.#unwritten.push(checkedLine({ droppedUntil: this.#droppedUntil }));
    }
    this.#cancelFlush ??= this.#options.clock.after(FLUSH_MS, () => void this.flush());
  }

  /** The file is gone. The same file may come back, for example with its disk; the same content in another file is a new image. */
  vanished(name: string): void {
    const image = this.find(name);
    if (image?.hash !== undefined) this.add({ ...image, hash: undefined });
  }

  /** Resolves when all that was added is on the disk, or cannot be written. */
  flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    return this.#writing.run(() => this.#write());
  }

  #read(content: Buffer): void {
    const [head, ...lines] = linesOf(content).map(readCheckedLine);
    const { success, data } = headSchema.safeParse(head);
    if (!success || data.scope !== this.#options.scope) return;
    this.#mustRewrite = content.at(-1) !== NEWLINE;
    for (const line of lines) {
      const parsed = lineSchema.safeParse(line);
      if (!parsed.success) this.#mustRewrite = true;
      else if (Array.isArray(parsed.data)) this.#set(imageOf(parsed.data));
      else this.#droppedUntil = parsed.data.droppedUntil;
    }
    this.#lines = lines.length;
    const { maxImages = MAX_IMAGES } = this.#options;
    for (const name of [...this.#images.keys()].slice(0, Math.max(0, this.#images.size - maxImages))) {
      this.#images.delete(name);
    }
  }

  async #write(): Promise<void> {
    const lines = this.#unwritten;
    this.#unwritten = [];
    if (lines.length === 0) return;
    this.#lines += lines.length;
    const { source, incidents } = this.#options;
    try {
      if (this.#mustRewrite || this.#lines > 2 * this.#images.size + SPARE_LINES) await this.#rewrite();
      else await this.#append(Buffer.concat(lines));
      this.#mustRewrite = false;
      incidents.resolved(journalSubject(source), 'source.journal-written-again');
    } catch (thrown) {
      // Part of a line may be there. The next write makes the file again.
      this.#mustRewrite = true;
      this.#warn(thrown);
    }
  }

  async #append(lines: Buffer): Promise<void> {
    const file = await open(this.#options.file, 'a');
    try {
      await file.appendFile(lines);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async #rewrite(): Promise<void> {
    const { file, scope } = this.#options;
    const dropped = Number.isFinite(this.#droppedUntil) ? [{ droppedUntil: this.#droppedUntil }] : [];
    const records = [{ journal: 1, scope }, ...dropped, ...[...this.#images.values()].map(lineOf)];
    await mkdir(dirname(file), { recursive: true });
    await writeAtomically(file, Buffer.concat(records.map(checkedLine)), { fsync: 'folder' });
    this.#lines = records.length - 1;
  }

  #set(image: DoneImage): void {
    // Moved to the end: the latest is dropped last.
    this.#images.delete(image.name);
    this.#images.set(image.name, image);
  }

  #warn(thrown: unknown): void {
    const { source, file, incidents } = this.#options;
    const message = `a restart may answer images of source ${source} again that were answered before: its journal ${file} cannot be read or written: ${messageOf(thrown)}`;
    const todo = 'Make room on the disk, and let the user of the component write its work folder.';
    incidents.opened(journalSubject(source), 'source.journal-failed', { source, file, message, todo });
  }
}

const NEWLINE = 0x0a;

function linesOf(content: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  let at = 0;
  for (let end = content.indexOf(NEWLINE); end >= 0; end = content.indexOf(NEWLINE, at)) {
    lines.push(content.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

function lineOf({ name, signature, bytes, modifiedAt, hash }: DoneImage): readonly unknown[] {
  return [name, signature, bytes, modifiedAt, hash ?? null];
}

function imageOf([name, signature, bytes, modifiedAt, hash]: readonly [
  string,
  string,
  number,
  number,
  string | null,
]): DoneImage {
  return { name, signature, bytes, modifiedAt, hash: hash ?? undefined };
}
