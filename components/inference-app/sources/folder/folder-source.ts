import { mkdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { messageOf } from '#packages/foundation';
import { appErrors } from '../../errors.ts';
import type { Frame } from '../../frame/frame.ts';
import { sharedImage } from '../../frame/frame.ts';
import { readImageFile } from '../../frame/image-file.ts';
import { everyInterval } from '../every-interval.ts';
import type { FrameMask } from '../../masks/frame-mask.ts';
import { maskOf } from '../../masks/mask-of.ts';
import { maskPicture } from '../../masks/mask-picture.ts';
import type { FrameSink, ImageSource, SourceOptions } from '../image-source.ts';
import { filesSubject, sourceSubject } from '../subjects.ts';
import { FolderWatch } from './folder-watch.ts';
import { DoneImages } from './journal/done-images.ts';
import type { FolderJournals } from './journal/folder-journals.ts';
import { ignoredFacts } from './ignored-files.ts';
import { listImages } from './list-images.ts';
import type { FolderListing, FoundImage } from './list-images.ts';

export interface FolderSourceOptions extends Omit<SourceOptions, 'random' | 'statistics' | 'openSlots' | 'readSecret'> {
  /** Images of watched folders that are done. */
  readonly journals: Pick<FolderJournals, 'open'>;
}

/** Images of a folder: once, again and again, or as they come. */
export class FolderSource implements ImageSource {
  readonly #options: FolderSourceOptions;
  readonly #mask: FrameMask | undefined;
  readonly #folder: string;
  readonly #ended = new AbortController();
  #watch: FolderWatch | undefined;

  constructor(options: FolderSourceOptions) {
    this.#options = options;
    this.#mask = maskOf(options.configuration);
    this.#folder = resolve(options.workFolder, options.configuration.Path);
  }

  /** @throws EdgeError `source.folder-missing`, `source.folder-unreadable` in mode `once`; the other modes wait for the folder. */
  async run(sink: FrameSink): Promise<void> {
    const { configuration } = this.#options;
    if (!isAbsolute(configuration.Path)) await mkdir(this.#folder, { recursive: true });
    switch (configuration.Mode) {
      case 'once':
        for (const image of await this.#list()) this.#offer(image, sink);
        return;
      case 'interval':
        return this.#runPasses(sink);
      case 'watch':
        return this.#runWatch(sink);
    }
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error('the source was stopped'));
    await this.#watch?.stop();
  }

  /** One pass per interval, counted from start to start; a pass that falls into the one before it is skipped. */
  async #runPasses(sink: FrameSink): Promise<void> {
    const { clock, configuration } = this.#options;
    await everyInterval(clock, configuration.InferenceInterval * 1000, this.#ended.signal, async () => {
      try {
        const images = await this.#list();
        if (sink.outstanding > 0) sink.skip('busy', images.length);
        else for (const image of images) this.#offer(image, sink);
      } catch (thrown) {
        this.#tellUnreadable(thrown);
      }
    });
  }

  async #runWatch(sink: FrameSink): Promise<void> {
    const { clock, configuration, isOtherFolder, log, name } = this.#options;
    const done = await this.#openJournal();
    const watch = new FolderWatch({
      folder: this.#folder,
      recursive: configuration.Recursive,
      imageName: configuration.ImageName,
      readExisting: configuration.ReadExisting,
      done,
      isRead: (folder) => isOtherFolder?.(folder) ?? false,
      onListed: (listing) => this.#tellListed(listing),
      onUnlistable: (thrown) => this.#tellUnreadable(folderError(name, this.#folder, thrown)),
      clock,
      log: log.child({ source: name }),
      onImage: (image) =>
        this.#offer(image, sink, async (outcome) => {
          if (outcome === 'unreadable') watch.tryAgain(image.path);
          if (outcome === 'done') await done?.add(image, image.signature);
        }),
    });
    this.#watch = watch;
    if (this.#ended.signal.aborted) return;
    await watch.start();
    log.info({ source: name, folder: this.#folder }, 'source.watching');
    const { signal } = this.#ended;
    if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
  }

  /** Images of this folder that these services have answered. */
  async #openJournal(): Promise<DoneImages | undefined> {
    const { configuration, journals, name } = this.#options;
    if (!configuration.Journal) return undefined;
    return new DoneImages(await journals.open(name, JSON.stringify([this.#folder, configuration.Services])));
  }

  #offer({ path, name }: NamedFile, sink: FrameSink, onEnded?: Frame['onEnded']): void {
    if (this.#ended.signal.aborted) return;
    const { clock, maxImageBytes, configuration } = this.#options;
    const mask = this.#mask;
    const read = () => readImageFile(path, maxImageBytes());
    const frame: Frame = {
      source: this.#options.name,
      image: name,
      takenAt: clock.now(),
      takenAtMonotonic: clock.monotonic(),
      // The agent would read the file itself, and see what the masks hide.
      ...(mask ? {} : { file: { path, maxBytes: maxImageBytes() } }),
      withImage: sharedImage(async () =>
        mask ? maskPicture(await read(), mask, configuration.PictureQuality) : read(),
      ),
      ...(onEnded ? { onEnded } : {}),
    };
    sink.offer(frame);
  }

  async #list(): Promise<readonly NamedFile[]> {
    const { configuration, isOtherFolder, log, name } = this.#options;
    try {
      const listing = await listImages(this.#folder, {
        recursive: configuration.Recursive,
        imageName: configuration.ImageName,
        isRead: (folder) => isOtherFolder?.(folder) ?? false,
      });
      this.#tellListed(listing);
      for (const { path, error } of listing.problems)
        log.warn({ source: name, path, reason: error.message }, 'source.unreadable');
      // A file that is asked for by name and missing gets an error as result.
      const { ImageName: asked } = configuration;
      if (listing.images.length === 0 && asked !== '') return [{ path: join(this.#folder, asked), name: asked }];
      if (listing.images.length === 0) log.warn({ source: name, folder: this.#folder }, 'source.empty');
      return listing.images;
    } catch (thrown) {
      throw folderError(name, this.#folder, thrown);
    }
  }

  #tellListed({ ignored }: FolderListing): void {
    const { incidents, name } = this.#options;
    incidents.set(sourceSubject(name), 'source.unreadable', undefined);
    incidents.set(filesSubject(name), 'source.files-ignored', ignoredFacts(name, ignored));
  }

  #tellUnreadable(error: unknown): void {
    const { incidents, name } = this.#options;
    incidents.opened(sourceSubject(name), 'source.unreadable', { source: name, error, severity: 'error' });
  }
}

type NamedFile = Pick<FoundImage, 'path' | 'name'>;

function folderError(source: string, folder: string, thrown: unknown): Error {
  const facts = { source, folder };
  const isMissing = ['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '');
  const message = `folder ${folder} of source ${source}`;
  return isMissing
    ? appErrors.error('source.folder-missing', `${message} is not there`, { cause: thrown, facts })
    : appErrors.error('source.folder-unreadable', `${message} cannot be read: ${messageOf(thrown)}`, {
        cause: thrown,
        facts,
      });
}
