import { stat } from 'node:fs/promises';
import { isEdgeError, messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import type { Frame } from '../frame/frame.ts';

export interface FileNamingOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

/** The agent's configuration may have changed by then. */
const ASK_AGAIN_MS = 10 * 60_000;

/** Answers to an image that was named and not sent, after which its bytes are sent: the last is an older agent's. */
const NOT_TAKEN = ['invoke.folder-not-allowed', 'invoke.file-unreadable', 'http.content-type'];

/**
 * Decides for which images the agent is told the path only, which spares both the bytes: those of sources whose folders it allows. It is
 * tried, and what the agent does not take by name is sent.
 */
export class FileNaming {
  readonly #options: FileNamingOptions;
  /** By source, the time from which on it is tried again. */
  readonly #refused = new Map<string, number>();

  constructor(options: FileNamingOptions) {
    this.#options = options;
  }

  /** The path to tell; undefined if the bytes are to be sent, or the file cannot be: whoever reads it then says why. */
  async pathFor({ source, file }: Frame): Promise<string | undefined> {
    if (file === undefined) return undefined;
    const until = this.#refused.get(source);
    if (until !== undefined && this.#options.clock.monotonic() < until) return undefined;
    const found = await stat(file.path).catch(() => undefined);
    return found && found.size <= file.maxBytes ? file.path : undefined;
  }

  /** @returns whether the image was not taken only because it was named; its bytes are to be sent then */
  isRefusal({ source, file }: Frame, thrown: unknown): boolean {
    if (!isEdgeError(thrown) || !NOT_TAKEN.includes(thrown.code)) return false;
    // One file that the agent cannot read says nothing about the next one.
    if (thrown.code === 'invoke.file-unreadable') return true;
    const { clock, log } = this.#options;
    if (!this.#refused.has(source)) {
      const hint =
        'images are sent with their bytes; name the folder in ImageFolders of edgeml.InferenceAgent to spare that';
      log.info({ source, file: file?.path, reason: messageOf(thrown), hint }, 'agent.reads-no-files');
    }
    this.#refused.set(source, clock.monotonic() + ASK_AGAIN_MS);
    return true;
  }
}
