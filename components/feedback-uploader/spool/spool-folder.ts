/**
 * The one folder that the spool lives in, as a port. Failures are Node's system errors (`ENOSPC`, `EIO`, …).
 * A durable file is on the disk after a loss of power.
 */
export interface SpoolFolder {
  list(): Promise<readonly FolderEntry[]>;
  read(name: string): Promise<Buffer>;
  /** Creates a file whose content is durable when this resolves; its name is only after `sync`. */
  write(name: string, chunks: readonly Uint8Array[]): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Does nothing if there is no such file. */
  remove(name: string): Promise<void>;
  /** Makes names durable: new, renamed and removed ones. */
  sync(): Promise<void>;
  /** The room that the disk has left for this user. */
  freeBytes(): Promise<number>;
  /** Opens an existing file for writing at places of choice. */
  open(name: string): Promise<OpenFile>;
}

export interface FolderEntry {
  readonly name: string;
  readonly bytes: number;
}

export interface OpenFile {
  /** In the order of the calls; not durable before `sync`. */
  write(at: number, bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Files take whole blocks of the disk; 4 KiB are the blocks of nearly every file system. */
export function bytesOnDisk(fileBytes: number): number {
  return Math.ceil(fileBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

const BLOCK_BYTES = 4_096;
