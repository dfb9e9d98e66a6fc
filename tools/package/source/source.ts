/** A model's source as it was given, before anything was asked. */
export type ModelSource =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'https'; readonly url: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string; readonly versionId?: string }
  | { readonly kind: 'training-job' | 'model-package'; readonly arn: string; readonly region: string };

/** Which bytes a source holds right now. Two equal identities are the same model. */
interface SourceIdentity {
  /** The source as given: the file's name, `s3://…` or an ARN. */
  readonly uri: string;
  /** The object behind an ARN. */
  readonly object?: string;
  readonly etag?: string;
  readonly versionId?: string;
  /** Of local files, and of files on web servers: SHA-256, hexadecimal. */
  readonly sha256?: string;
  /** Status of a model package: `Approved`, `PendingManualApproval`. */
  readonly approval?: string;
}

/** A source that was found. Nothing is downloaded until `fetch`. */
export interface FoundSource {
  readonly identity: SourceIdentity;
  /** From the source's own name. */
  readonly suggestedName: string | undefined;
  /** Of a numbered model package `<n>.0.0`. */
  readonly suggestedVersion?: string;
  /**
   * Brings the files into an empty folder, archives unpacked.
   * @returns the folder that holds the model, the target or one below it
   */
  fetch(target: string, signal: AbortSignal): Promise<string>;
}
