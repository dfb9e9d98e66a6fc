import type { PicturesHead, ShownPicture } from '#packages/http';
import { request } from './request.ts';
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
    const query = new URLSearchParams({ viewer: readState().viewer });
    for (const source of this.#listeners.keys())
      query.append('source', `${source}~${this.#newest.get(source)?.shown.revision ?? ''}`);
    const bytes = new Uint8Array(await (await request(`/api/pictures?${query}`)).arrayBuffer());
    const end = bytes.indexOf(10);
    const { pictures } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as PicturesHead;
    let at = end + 1;
    for (const shown of pictures) {
      const jpeg = bytes.subarray(at, (at += shown.bytes));
      const before = this.#newest.get(shown.source);
      const bitmap =
        shown.bytes === 0 ? before?.bitmap : await createImageBitmap(new Blob([jpeg], { type: shown.contentType }));
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
