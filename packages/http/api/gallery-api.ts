/** Body of `GET /v1/models/{alias}/gallery`: the pictures that this device has enrolled for a model of the task `embedding`. */
export interface GalleryStatus {
  readonly alias: string;
  /** Vectors that are kept. */
  readonly vectors: number;
  /** As many may be kept. */
  readonly maxVectors: number;
  /** In the order of their first enrollment. */
  readonly names: readonly GalleryName[];
}

export interface GalleryName {
  readonly name: string;
  readonly vectors: number;
  /** Vectors that come from the model that serves, or one of the same `space`; the others are kept and not compared with. */
  readonly comparable: number;
  /** Of the newest vector, ISO 8601. */
  readonly enrolledAt: string;
}
