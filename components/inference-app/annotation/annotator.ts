import { resolve } from 'node:path';
import { drawOnFrame, drawPredictions } from '#packages/annotation';
import { Serial } from '#packages/foundation';
import type { InvokeResult } from '#packages/http';
import type { AppConfiguration } from '../config.ts';
import { appErrors } from '../errors.ts';
import type { Frame } from '../frame/frame.ts';
import { BoundedFolder } from '../storage/bounded-folder.ts';
import { AnnotateRule } from './annotate-rule.ts';
import { annotatedName } from './annotated-name.ts';

const MEGABYTE = 1_000_000;

/** Keeps pictures with their predictions drawn on, in the folder and within the limits of the settings as they are now. */
export class Annotator {
  readonly #workFolder: string;
  readonly #settings: () => AppConfiguration['Annotate'];
  readonly #isStream: (source: string) => boolean;
  readonly #rule: AnnotateRule;
  /** Pictures side by side cost 50 MB more and the models' cores, and are not there sooner. */
  readonly #drawings = new Serial();
  #store: { readonly folder: string; readonly files: BoundedFolder } | undefined;

  /** @param isStream whether a source, by its name, is a camera, a stream or a video */
  constructor(workFolder: string, settings: () => AppConfiguration['Annotate'], isStream: (source: string) => boolean) {
    this.#workFolder = workFolder;
    this.#settings = settings;
    this.#isStream = isStream;
    this.#rule = new AnnotateRule(settings);
  }

  /** Whether this picture is one to be kept; then it counts as kept. */
  wants({ source, takenAtMonotonic: takenAtMs }: Frame, { service, predictions, image }: InvokeResult): boolean {
    // Arrays are not a picture.
    if (!this.#settings().Enabled || image.width === 0) return false;
    return this.#rule.wants({ source, isStream: this.#isStream(source), service, predictions, takenAtMs });
  }

  /** File that the picture of this image will have, in the folder of the settings. */
  nameOf({ source, image }: Pick<Frame, 'source' | 'image'>, { service }: Pick<InvokeResult, 'service'>): string {
    return annotatedName(service, source, image);
  }

  /**
   * Resolves with the path of the picture.
   *
   * @throws EdgeError `annotation.failed`, `annotation.disk-full`, `source.file-gone`
   */
  async annotate(frame: Frame, { service, image, predictions }: InvokeResult): Promise<string> {
    const { MaxEdge: maxEdge, Quality: quality } = this.#settings();
    const options = { maxEdge, quality };
    const { held } = frame;
    const picture = await this.#drawings.run(() =>
      held
        ? drawOnFrame(held.frame, predictions, options)
        : frame.withImage(({ bytes }) => drawPredictions(bytes, image, predictions, options)),
    );
    return this.#files().save(this.nameOf(frame, { service }), picture);
  }

  #files(): BoundedFolder {
    const folder = resolve(this.#workFolder, this.#settings().Folder);
    if (this.#store?.folder !== folder) {
      const limits = () => ({
        maxBytes: this.#settings().MaxMB * MEGABYTE,
        minFreeBytes: this.#settings().MinFreeDiskMB * MEGABYTE,
      });
      this.#store = { folder, files: new BoundedFolder(folder, limits, full) };
    }
    return this.#store.files;
  }
}

function full(message: string): Error {
  return appErrors.error('annotation.disk-full', message);
}
