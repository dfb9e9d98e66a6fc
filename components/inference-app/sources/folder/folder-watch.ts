import { constants, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { access } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { isImageName } from '../../frame/image-file.ts';
import { listImages } from './list-images.ts';
import type { FolderListing, FoundImage, ListOptions } from './list-images.ts';
import type { DoneImages } from './journal/done-images.ts';
import { SettlingFiles } from './settling-files.ts';

export interface FolderWatchOptions extends ListOptions {
  readonly folder: string;
  /** Whether images that are there at the start are told too. */
  readonly readExisting: boolean;
  /** Images that were answered before a restart; undefined: nothing is remembered. */
  readonly done?: DoneImages | undefined;
  /** The folder was listed, or could not be. */
  readonly onListed: (listing: FolderListing) => void;
  readonly onUnlistable: (thrown: unknown) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** An image has appeared or changed, and is written to its end. */
  readonly onImage: (image: ToldImage) => void;
}

type ToldImage = Pick<FoundImage, 'path' | 'name' | 'signature'>;

/** Change events can be lost (queue overflow) or never come (network file systems): folders are listed again at least this often. */
const RELIST_MS = 2_000;
/** Listing takes at most one part in this many of the time. */
const RELIST_SHARE = 20;
const DEBOUNCE_MS = 50;
const RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** A file that was last written longer ago is not being written now. */
const RECENT_MS = 2_000;

/** Tells each new content of each image in a folder once: by change events at once, by listing when events fail. */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #settling: SettlingFiles;
  readonly #seen = new Map<string, string>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #told = new Set<string>();
  /** Files that could not be read, by path: how often, and the monotonic time from which they are tried again. */
  readonly #unreadable = new Map<string, { readonly tries: number; readonly at: number }>();
  #isFirst = true;
  #listing: Promise<void> = Promise.resolve();
  #isListing = false;
  #listAgain = false;
  #stopped = false;
  #cancelRelist: () => void = () => undefined;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#settling = new SettlingFiles(options.clock, (path, signature) => this.#tell(path, signature));
  }

  /** Resolves after the first listing. */
  async start(): Promise<void> {
    await this.#relist();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRelist();
    this.#settling.stop();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#listing;
  }

  #relist(): Promise<void> {
    if (this.#isListing) {
      this.#listAgain = true;
      return this.#listing;
    }
    this.#cancelRelist();
    this.#isListing = true;
    this.#listing = this.#list().finally(() => (this.#isListing = false));
    return this.#listing;
  }

  async #list(): Promise<void> {
    const { clock, folder, log } = this.#options;
    const startedAt = clock.monotonic();
    try {
      const listing = await listImages(folder, this.#options);
      if (this.#isFirst && this.#options.readExisting) await this.#recognize(listing.images);
      if (this.#stopped) return;
      const hasNewFolders = this.#watchFolders(listing.folders);
      this.#listAgain ||= hasNewFolders && !this.#isFirst;
      for (const image of listing.images) await this.#consider(image);
      this.#forgetVanished(listing.images);
      for (const { path, error } of listing.problems) this.#warnOnce(path, messageOf(error));
      this.#isFirst = false;
      this.#options.onListed(listing);
    } catch (thrown) {
      this.#options.onUnlistable(thrown);
    }
    const tookMs = clock.monotonic() - startedAt;
    log.debug({ folder, tookMs, images: this.#seen.size }, 'source.listed');
    const waitMs = this.#listAgain ? DEBOUNCE_MS : Math.max(RELIST_MS, tookMs * RELIST_SHARE);
    this.#listAgain = false;
    this.#relistIn(waitMs);
  }

  #relistIn(ms: number): void {
    if (this.#stopped) return;
    this.#cancelRelist();
    this.#cancelRelist = this.#options.clock.after(ms, () => void this.#relist());
  }

  async #recognize(images: readonly FoundImage[]): Promise<void> {
    const done = await this.#options.done?.among(images);
    if (!done || done.size === 0) return;
    for (const { path, signature } of images) if (done.has(path)) this.#seen.set(path, signature);
    const { folder, log } = this.#options;
    log.info({ folder, images: images.length, answeredBefore: done.size }, 'source.recognized');
  }

  /** A file could not be read: it is told again once it seems readable; the first look is after 2 s, each later one after twice the wait. */
  tryAgain(path: string): void {
    const tries = this.#unreadable.get(path)?.tries ?? 0;
    const at = this.#options.clock.monotonic() + Math.min(RETRY_MS * 2 ** tries, LONGEST_RETRY_MS);
    this.#unreadable.set(path, { tries: tries + 1, at });
  }

  async #consider(image: FoundImage): Promise<void> {
    if (this.#settling.isSettling(image.path)) return;
    if (this.#seen.get(image.path) === image.signature && !(await this.#isReadableAgain(image.path))) return;
    if (this.#stopped) return;
    if (this.#isFirst && !this.#options.readExisting) this.#seen.set(image.path, image.signature);
    else if (this.#isOld(image)) this.#tell(image.path, image.signature);
    else this.#settling.touch(image.path);
  }

  async #isReadableAgain(path: string): Promise<boolean> {
    const unreadable = this.#unreadable.get(path);
    if (!unreadable || this.#options.clock.monotonic() < unreadable.at) return false;
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (isReadable) {
      this.#unreadable.set(path, { ...unreadable, at: Infinity });
      this.#seen.delete(path);
    }
    return isReadable;
  }

  #isOld({ modifiedAt }: FoundImage): boolean {
    return this.#options.clock.now() - modifiedAt > RECENT_MS;
  }

  #tell(path: string, signature: string): void {
    if (this.#stopped || this.#seen.get(path) === signature) return;
    this.#seen.set(path, signature);
    const name = this.#nameOf(path);
    if (!this.#options.done?.isSame(name, signature)) this.#options.onImage({ path, name, signature });
  }

  #forgetVanished(images: readonly FoundImage[]): void {
    const present = new Set(images.map((image) => image.path));
    for (const path of this.#seen.keys()) {
      if (present.has(path) || this.#settling.isSettling(path)) continue;
      this.#seen.delete(path);
      this.#unreadable.delete(path);
      this.#options.done?.vanished(this.#nameOf(path));
    }
  }

  /** True when a folder came to those that are watched: what came into it before that was not seen. */
  #watchFolders(folders: readonly string[]): boolean {
    const present = new Set(folders);
    for (const [path, watcher] of this.#watchers) {
      if (present.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    const added = folders.filter((path) => !this.#watchers.has(path));
    for (const path of added) this.#watchFolder(path);
    return added.length > 0;
  }

  #watchFolder(path: string): void {
    const giveUp = (thrown: unknown): void => {
      // Too many watches (EMFILE, ENOSPC) or a folder that went away: listing continues.
      this.#watchers.get(path)?.close();
      this.#watchers.delete(path);
      this.#options.log.debug({ path, reason: messageOf(thrown) }, 'source.watch-failed');
    };
    try {
      const watcher = watch(path, (_, name) => this.#onChange(path, name));
      watcher.on('error', giveUp);
      this.#watchers.set(path, watcher);
    } catch (thrown) {
      giveUp(thrown);
    }
  }

  #onChange(folder: string, name: string | null): void {
    if (this.#stopped) return;
    const path = name === null ? folder : join(folder, name);
    const isWanted =
      name !== null &&
      (this.#options.imageName === '' ? isImageName(name) : this.#nameOf(path) === this.#options.imageName);
    if (isWanted) this.#settling.touch(path);
    // Something else: a new folder, perhaps.
    else if (this.#isListing) this.#listAgain = true;
    else this.#relistIn(DEBOUNCE_MS);
  }

  #nameOf(path: string): string {
    return relative(this.#options.folder, path).split(sep).join('/');
  }

  #warnOnce(path: string, reason: string): void {
    if (this.#told.has(path)) return;
    this.#told.add(path);
    this.#options.log.warn({ path, reason }, 'source.unreadable');
  }
}
