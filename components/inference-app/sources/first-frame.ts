import { Incidents, parseConfiguration, systemClock } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { appConfiguration } from '../config.ts';
import type { SourceConfiguration } from '../config.ts';
import { appErrors } from '../errors.ts';
import { FrameSlots, OwnMemory } from '../frame/frame-slots.ts';
import type { LoadedImage } from '../frame/frame.ts';
import { Statistics } from '../statistics/statistics.ts';
import { createSource } from './create-source.ts';
import type { FolderJournals } from './folder/journal/folder-journals.ts';
import type { SourceOptions } from './image-source.ts';
import { shownUrl } from './shown-url.ts';

/** One is written, one is looked at. */
const SLOTS = 2;
const MAX_IMAGE_BYTES = 32_000_000;

export interface FirstFrame extends LoadedImage {
  /** Its name in the results of the application. */
  readonly image: string;
}

export interface FirstFrameOptions {
  /** Relative paths start here. */
  readonly workFolder: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * The first picture of a source, taken as the application takes it, so that a camera that answers here answers there: a frame
 * of a stream as JPEG, anything else as it came.
 *
 * @param given settings of the source, as the configuration has them
 * @throws EdgeError `source.*`, `config.invalid`; the signal's reason
 */
export async function firstFrame(
  name: string,
  given: object,
  { workFolder, log, signal }: FirstFrameOptions,
): Promise<FirstFrame> {
  signal.throwIfAborted();
  const settings = settingsOf(name, given);
  const options: SourceOptions = {
    name,
    configuration: { ...settings, Mode: 'once' },
    workFolder,
    maxImageBytes: () => MAX_IMAGE_BYTES,
    openSlots: async (_source, layout) => new FrameSlots(layout, new OwnMemory(layout, SLOTS, () => false)),
    readSecret: async (secretId) => {
      throw new Error(
        `the secret ${secretId} is on the device; name a file in Credentials to look at the camera from here`,
      );
    },
    clock: systemClock,
    random: Math.random,
    statistics: new Statistics(),
    incidents: new Incidents(log),
    log,
  };
  const source = createSource(options, NO_JOURNALS);
  const stop = (): void => void source.stop();
  signal.addEventListener('abort', stop, { once: true });
  let first: Promise<FirstFrame> | undefined;
  try {
    await source.run({
      outstanding: 0,
      skip: () => undefined,
      below: async () => undefined,
      offer: (frame) => {
        if (first) return;
        frame.held?.hold();
        first = frame
          .withImage(async ({ bytes, contentType }) => ({ image: frame.image, bytes, contentType }))
          .finally(() => frame.held?.release());
        first.catch(() => undefined);
        stop();
      },
    });
    signal.throwIfAborted();
    if (first) return await first;
    throw appErrors.error('source.no-image', `source ${name} does not have an image: ${whereOf(settings)}`, {
      facts: { source: name },
    });
  } finally {
    signal.removeEventListener('abort', stop);
    await source.stop();
  }
}

/** Only watched folders have one. */
const NO_JOURNALS: Pick<FolderJournals, 'open'> = {
  open: () => {
    throw new Error('a folder that is read once does not have a journal');
  },
};

function settingsOf(name: string, given: object): SourceConfiguration {
  const { Sources } = parseConfiguration(appConfiguration, { Sources: { [name]: given } }, { component: 'try' });
  return Sources[name] as SourceConfiguration;
}

function whereOf({ Type: type, Path: path, Url: url }: SourceConfiguration): string {
  return type === 'folder'
    ? `there is no jpeg, jpg, png, webp, bmp, tif, tiff, npy or npz file in ${path}`
    : `${shownUrl(url)} gave none`;
}
