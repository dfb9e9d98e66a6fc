import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { replaceAtomically } from '#packages/foundation';
import type { ZipEntry } from './zip-entry.ts';

/**
 * Writes a zip whose bytes depend on its entries alone: sorted paths, one fixed time, modes 0644 and 0755.
 * The file appears whole or not at all. Resolves with its size in bytes.
 */
export async function writeZip(file: string, entries: readonly ZipEntry[], signal?: AbortSignal): Promise<number> {
  await mkdir(path.dirname(file), { recursive: true });
  const zip = new ZipFile();
  // yazl tells of a missing input on the zip alone; the stream would stay open forever.
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  for (const entry of [...entries].sort(byPath)) addEntry(zip, entry);
  zip.end();
  const write = (partial: string): Promise<void> =>
    pipeline(output, createWriteStream(partial), ...(signal ? [{ signal }] : []));
  await replaceAtomically(file, write, { fsync: 'none' });
  return (await stat(file)).size;
}

function addEntry(zip: ZipFile, entry: ZipEntry): void {
  const options = {
    // DOS times are local ones, so it is built from local parts; a month after the oldest, which yazl clamps by zone.
    mtime: new Date(1980, 1, 1),
    forceDosTimestamp: true,
    mode: entry.executable ? 0o100755 : 0o100644,
  };
  if (Buffer.isBuffer(entry.content)) zip.addBuffer(entry.content, entry.path, options);
  else zip.addFile(entry.content.file, entry.path, options);
}

function byPath(a: ZipEntry, b: ZipEntry): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
