/** One entry of an archive, whatever its format. */
export interface ArchiveEntry {
  /** As written in the archive; not to be trusted. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
  /** The bytes of a file. To be read to the end before the next entry is asked for. */
  open(): Promise<AsyncIterable<Buffer>>;
}
