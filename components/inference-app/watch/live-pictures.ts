import { Waker } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';
import type { ResultMessage } from '#packages/http';
import type { Frame, LoadedImage } from '../frame/frame.ts';
import { picturesSubject } from '../sources/subjects.ts';
import { pictureOf } from './picture-of.ts';

/** A frame as viewers get it. */
export interface LivePicture {
  readonly source: string;
  /** Names the frame. */
  readonly frame: string;
  readonly image: string;
  readonly takenAt: number;
  readonly picture: LoadedImage;
  /** By service. */
  readonly answers: ReadonlyMap<string, ResultMessage>;
  /** Changes with each answer. */
  readonly revision: string;
}

export interface LivePicturesOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
}

/** A viewer that asks again sooner continues watching. */
const WATCH_MS = 2_000;
/** At most 8 pictures of a source in a second: the eye sees movement, and the device does little for it. */
const LEAST_GAP_MS = 125;
/** A picture without an answer is made if no answered one came for this long. */
const UNANSWERED_AFTER_MS = 1_000;
/** Pictures of a source that may still be kept as samples: its newest, and those before it that fit. */
const KEPT_BYTES = 4_000_000;
/** Pictures are released this long after the last viewer has left. */
const RELEASE_MS = 15_000;

/**
 * The newest picture of each source. A picture is made only of a source that a viewer asked for within the last two seconds, once
 * for all viewers; without viewers nothing is made and nothing is held.
 */
export class LivePictures {
  readonly #options: LivePicturesOptions;
  /** Tells frames of this run of the application from those of others. */
  readonly #life: string;
  readonly #sources = new Map<string, WatchedSource>();
  readonly #waiting = new Waker();
  #isClosed = false;
  #count = 0;
  #cancelRelease: () => void = () => undefined;

  constructor(options: LivePicturesOptions) {
    this.#options = options;
    this.#life = Math.floor(options.random() * 2 ** 32).toString(36);
  }

  /** The work on a frame begins; the frame is held meanwhile. */
  looking(frame: Frame): void {
    const source = this.#sources.get(frame.source);
    if (!source || !this.#isWatched(source)) return;
    const { newest } = source;
    if (newest && this.#now() - newest.madeAt < UNANSWERED_AFTER_MS) return;
    this.#make(source, frame, new Map());
  }

  /** A service has answered, or failed to; the frame is held meanwhile. */
  answered(frame: Frame, message: ResultMessage): void {
    const source = this.#of(frame.source);
    const known = [source.newest, source.making, source.file].find((shown) => shown?.of === frame);
    if (known) {
      known.answers.set(message.service, message);
      if (known === source.newest) this.#changed(source.newest);
      return;
    }
    const answers = new Map([[message.service, message]]);
    if (frame.file) source.file = { of: frame, answers };
    if (this.#isWatched(source)) this.#make(source, frame, answers);
  }

  /** Nobody is served any more: requests that wait are answered at once. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRelease();
    this.#waiting.wake();
  }

  /** A source has ended. */
  forget(source: string): void {
    this.#sources.delete(source);
  }

  /**
   * The newest picture of each source that has another revision than the one given; waits for one if there is none.
   *
   * @param wanted revision by source; empty: none is known
   */
  async newest(
    wanted: ReadonlyMap<string, string>,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<readonly LivePicture[]> {
    const until = this.#now() + waitMs;
    this.#releaseLater();
    for (;;) {
      for (const name of wanted.keys()) this.#watch(this.#of(name));
      const found = [...wanted].flatMap(([name, revision]) => {
        const newest = this.#sources.get(name)?.newest;
        return newest && newest.revision !== revision ? [newest] : [];
      });
      const left = until - this.#now();
      if (found.length > 0 || left <= 0 || signal.aborted || this.#isClosed) return found;
      await this.#waiting.sleep(this.#options.clock, Math.min(left, WATCH_MS / 2), signal).catch(() => undefined);
    }
  }

  /** A picture that was shown in the last seconds. */
  find(source: string, frame: string): LivePicture | undefined {
    return this.#sources.get(source)?.shown.find((shown) => shown.frame === frame);
  }

  #watch(source: WatchedSource): void {
    source.watchedUntil = this.#now() + WATCH_MS;
    // A folder may have given its last image long ago.
    if (!source.newest && !source.making && source.file) this.#make(source, source.file.of, source.file.answers);
  }

  #releaseLater(): void {
    this.#cancelRelease();
    this.#cancelRelease = this.#options.clock.after(RELEASE_MS, () => {
      for (const source of this.#sources.values()) {
        source.newest = undefined;
        source.shown = [];
      }
    });
  }

  #make(source: WatchedSource, frame: Frame, answers: Map<string, ResultMessage>): void {
    const now = this.#now();
    const { newest } = source;
    const isOld = newest !== undefined && newest.of.takenAtMonotonic > frame.takenAtMonotonic;
    if (source.making || isOld || now - source.madeAt < LEAST_GAP_MS) return;
    source.madeAt = now;
    source.making = { of: frame, answers };
    void pictureOf(frame)
      .then(
        (picture) => {
          if (!picture) return;
          const name = `${this.#life}-${++this.#count}`;
          const { source: from, image, takenAt } = frame;
          const shown = { source: from, frame: name, image, takenAt, picture, answers, revision: name };
          const made: MadePicture = { ...shown, of: frame, madeAt: now };
          source.newest = made;
          source.shown = fitting([made, ...source.shown]);
          this.#changed(made);
        },
        (error: unknown) => {
          this.#options.incidents.opened(picturesSubject(frame.source), 'source.picture-failed', { error });
        },
      )
      .finally(() => (source.making = undefined));
  }

  #changed(shown: MadePicture): void {
    shown.revision = `${shown.frame}-${shown.answers.size}`;
    this.#waiting.wake();
  }

  #isWatched({ watchedUntil }: WatchedSource): boolean {
    return watchedUntil >= this.#now();
  }

  #of(name: string): WatchedSource {
    const known = this.#sources.get(name);
    if (known) return known;
    const source: WatchedSource = { watchedUntil: -Infinity, madeAt: -Infinity, shown: [] };
    this.#sources.set(name, source);
    return source;
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

interface Answered {
  readonly of: Frame;
  readonly answers: Map<string, ResultMessage>;
}

interface MadePicture extends LivePicture, Answered {
  readonly answers: Map<string, ResultMessage>;
  readonly madeAt: number;
  revision: string;
}

interface WatchedSource {
  watchedUntil: number;
  madeAt: number;
  newest?: MadePicture | undefined;
  making?: Answered | undefined;
  /** The last image that is a file: no pixels are held for it. */
  file?: Answered;
  shown: readonly MadePicture[];
}

/** Newest first. */
function fitting(shown: readonly MadePicture[]): readonly MadePicture[] {
  let bytes = 0;
  return shown.filter(({ picture }, at) => at === 0 || (bytes += picture.bytes.length) <= KEPT_BYTES);
}
