/** One file of a zip. */
export interface ZipEntry {
  /** Path in the zip, with `/`. */
  readonly path: string;
  readonly content: Buffer | { readonly file: string };
  readonly executable?: boolean;
}
