import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';

export interface TestEntry {
  readonly name: string;
  readonly content: string;
  /** Unix mode, file type included, e.g. 0o100755 or 0o120777 for a symbolic link. */
  readonly mode?: number;
}

/** Writes an archive for tests. */
export async function writeZip(file: string, entries: readonly TestEntry[]): Promise<void> {
  const zip = new yazl.ZipFile();
  for (const { name, content, mode } of entries) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name);
    else zip.addBuffer(Buffer.from(content), name, { mode: mode ?? 0o100644, mtime: new Date(2026, 0, 1) });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}
