import type { HeldFrame } from './held-frame.ts';

/** One image on its way to the services. */
export interface Frame {
  /** Name of the source in the configuration. */
  readonly source: string;
  /** Its name in results: the path inside the folder, with `/`. */
  readonly image: string;
  /** When it was seen, milliseconds since the epoch. */
  readonly takenAt: number;
  /** `clock.monotonic()` of the same moment. */
  readonly takenAtMonotonic: number;
  /** Set if the image is a file: the agent may read it itself. */
  readonly file?: {
    /** Absolute. */
    readonly path: string;
    /** A larger one is not looked at. */
    readonly maxBytes: number;
  };
  /**
   * Hands the bytes to `use`. They are read once however many use them at the time, and let go when the last is done:
   * what waits in a queue holds no pixels.
   *
   * @throws EdgeError `source.file-gone`, `source.file-unreadable`, `source.file-too-large`
   */
  withImage<T>(use: (image: LoadedImage) => Promise<T>): Promise<T>;
  /** Told once, when every service is done with the image and its results have left; never rejects. */
  readonly onEnded?: (outcome: FrameOutcome) => Promise<void>;
  /** Of a camera's raw frame: its pixels, and what the agent is asked about in place of the image. */
  readonly held?: HeldFrame;
}

/**
 * `done`: answered, or refused or skipped for good. `unreadable`: the file could not be read, which may pass. `stopped`: not looked at
 * by all of its services, because the source has ended.
 */
export type FrameOutcome = 'done' | 'unreadable' | 'stopped';

export interface LoadedImage {
  readonly bytes: Uint8Array;
  /**
   * `image/jpeg`, `image/png`, `image/webp`, `image/bmp`, `image/tiff`, `application/x-npy` or `application/x-npz`: a hint, the agent
   * looks at the bytes.
   */
  readonly contentType: string;
}

/** Shares one loading among those who use it at the same time. */
export function sharedImage(load: () => Promise<LoadedImage>): Frame['withImage'] {
  let loading: Promise<LoadedImage> | undefined;
  let users = 0;
  return async (use) => {
    users++;
    loading ??= load();
    try {
      return await use(await loading);
    } finally {
      if (--users === 0) loading = undefined;
    }
  };
}
