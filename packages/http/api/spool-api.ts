/** Body of `GET /v1/spool` of the feedback uploader: samples that wait to be uploaded. */
export interface SpoolReport {
  readonly samples: number;
  /** On the disk. */
  readonly bytes: number;
  /** Since the spool was made. */
  readonly uploaded: number;
  /** Samples that had to go before they were uploaded, by reason. */
  readonly evicted: Readonly<Record<string, number>>;
  /** ConfigIds that samples are taken for. */
  readonly configurations: readonly string[];
  /** The newest first, 60 at most. */
  readonly waiting: readonly WaitingSample[];
}

/** `GET /v1/spool/{id}/input` has its bytes. */
export interface WaitingSample {
  readonly id: string;
  readonly configId: string;
  readonly bucket: string;
  /** 0 to 9, 9 is uploaded first. */
  readonly priority: number;
  readonly bytes: number;
  /** Whether an attempt to upload it was begun. */
  readonly attempted: boolean;
}

/** Body of `GET /v1/spool/{id}`. */
export interface SampleReport {
  readonly id: string;
  readonly contentType: string;
  /** ISO 8601, UTC. */
  readonly acceptedAt: string;
  /** Reason for keeping it: the comparison of the strategy, or `chosen by hand`. */
  readonly because: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** As it was given. */
  readonly prediction: unknown;
}
