import type { ResultMessage } from './agent-api.ts';

/** JSON bodies of the routes of the application's socket that the console reads. */

/** Body of `GET /v1/sources`. */
export interface SourcesReport {
  readonly thing: string;
  readonly sources: readonly SourceReport[];
  /** Counters of all sources together since the start, as in the log. */
  readonly counts: {
    readonly frames: number;
    readonly answered: number;
    readonly skipped: Readonly<Record<string, number>>;
  };
}

/** One source of images, as it is now. */
export interface SourceReport {
  readonly name: string;
  /** `folder`, `http`, `stream` or `pipeline`. */
  readonly type: string;
  /** `once`, `interval` or `watch`. */
  readonly mode: string;
  /** Folder, URL without credentials, or command. */
  readonly from: string;
  /** Services that look at its images; empty: all that are active. */
  readonly services: readonly string[];
  readonly state: 'running' | 'done' | 'failed';
  /** Of streams and pipelines: whether frames come, and how many have come. */
  readonly stream?: {
    readonly isUp: boolean;
    readonly frames: number;
    readonly restarts: number;
    /** e.g. `h264 on software`. */
    readonly decoding?: string;
  };
  readonly results: ResultRate;
  /** Images without an answer since the start, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Of the motion gate, if it is enabled. */
  readonly motion?: {
    readonly isMoving: boolean;
    readonly moved: number;
    readonly due: number;
    readonly unchanged: number;
  };
}

/** How many results there are, and how long each took. */
export interface ResultRate {
  /** Since the source was started. */
  readonly count: number;
  /** Over the last ten seconds. */
  readonly perSecond: number;
  /** From the moment at which a frame was there to its result, of the last 256 within a minute; absent if there are none. */
  readonly p50Ms?: number;
  readonly p95Ms?: number;
}

/** Body of `GET /v1/results?after=NUMBER`: the newest, oldest first, 200 at most. */
export interface RecentResults {
  /** `after` of the next question. Starts again with the application. */
  readonly next: number;
  readonly results: readonly ResultMessage[];
}

/**
 * Head of the answer to `GET /v1/pictures?source=NAME~REVISION…`: one line of JSON, followed by the bytes of the pictures in its
 * order. Waits up to two seconds for a source that has another revision than the one named.
 */
export interface PicturesHead {
  readonly pictures: readonly ShownPicture[];
}

/** A frame, and what the services say of it. */
export interface ShownPicture {
  readonly source: string;
  /** Names the frame when it is to be kept. */
  readonly frame: string;
  /** Changes with the frame and with each answer to it. */
  readonly revision: string;
  /** Name of the image in results. */
  readonly image: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly contentType: string;
  /** Of the picture; 0 if the caller has this frame already. */
  readonly bytes: number;
  /** By service; empty as long as no service has answered. */
  readonly answers: readonly ResultMessage[];
}

/** Body of `POST /v1/sources/{name}/samples`: keeps a frame that is or was shown in the last seconds. */
export interface KeepRequest {
  readonly frame: string;
  readonly service: string;
  /** The answer as it should have been; absent if it is only known to be wrong. */
  readonly label?: string;
}

/** Body of the answer to `POST /v1/sources/{source}/clip`. */
export interface ClipRequested {
  readonly source: string;
}
