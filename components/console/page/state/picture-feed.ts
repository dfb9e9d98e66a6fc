import type { ShownPicture } from '#packages/http';
import { fetchPictures } from './fetch-picture.ts';
import { readState } from './store.ts';

/** A picture that is ready to be drawn, with its answers. */
export interface FeedPicture {
  readonly shown: ShownPicture;
  readonly bitmap: ImageBitmap;
}

type Listener = (picture: FeedPicture) => void;

const AFTER_FAILURE_MS = 1_000;

/**
 * Fetches the newest pictures of the sources that are on the screen: one request at a time, answered as soon as there is something
 * new. A slow connection therefore gets fewer pictures and never old ones, and nothing is made for a page that nobody looks at.
 */
class PictureFeed {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #newest = new Map<string, FeedPicture>();
  #runs = false;

  constructor() {
    document.addEventListener('visibilitychange', () => this.#run());
  }

  /** @returns ends */
  watch(source: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(source) ?? new Set();
    this.#listeners.set(source, listeners.add(listener));
    const known = this.#newest.get(source);
    if (known) listener(known);
    this.#run();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(source);
    };
  }

  newest(source: string): FeedPicture | undefined {
    return this.#newest.get(source);
  }

  #run(): void {
    if (this.#runs) return;
    this.#runs = true;
    void this.#loop().finally(() => (this.#runs = false));
  }

  async #loop(): Promise<void> {
    while (this.#listeners.size > 0 && document.visibilityState === 'visible') {
      try {
        if (readState().viewer === '') await pause(100);
        else await this.#fetch();
      } catch {
        await pause(AFTER_FAILURE_MS);
      }
    }
  }

  async #fetch(): Promise<void> {
    const wanted = [...this.#listeners.keys()].map(
      (source) => `${source}~${this.#newest.get(source)?.shown.revision ?? ''}`,
    );
    for (const { shown, content } of await fetchPictures(wanted)) {
      const before = this.#newest.get(shown.source);
      const bitmap = shown.bytes === 0 ? before?.bitmap : await createImageBitmap(content);
      if (!bitmap) continue;
      const picture = { shown, bitmap };
      this.#newest.set(shown.source, picture);
      for (const listener of [...(this.#listeners.get(shown.source) ?? [])]) listener(picture);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export const pictureFeed = new PictureFeed();
