import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Pack } from 'tar-stream';
import { replaceAtomically } from '#packages/foundation';

/** Byte 9 of a gzip file names the system that made it (RFC 1952); 255 is "unknown", the same everywhere. */
const GZIP_SYSTEM_BYTE = 9;
const UNKNOWN_SYSTEM = 255;

/**
 * Writes a .tar.gz whose bytes depend on names and contents alone: sorted, without owners, at the epoch, mode 0644.
 * The file appears whole or not at all. Resolves with its size in bytes.
 *
 * @param files relative to `dir`
 */
export async function writeTar(
  target: string,
  dir: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  await mkdir(path.dirname(target), { recursive: true });
  const tar = pack();
  const write = async (partial: string): Promise<void> => {
    const written = pipeline(tar, createGzip({ level: 9 }), createWriteStream(partial), { signal });
    await Promise.all([written, fill(tar, dir, [...files].sort(), signal)]);
    await forgetSystem(partial);
  };
  await replaceAtomically(target, write, { fsync: 'none' }).finally(() => tar.destroy());
  return (await stat(target)).size;
}

async function fill(tar: Pack, dir: string, files: readonly string[], signal: AbortSignal): Promise<void> {
  for (const name of files) {
    const file = path.join(dir, name);
    const { size } = await stat(file);
    const entry = tar.entry({ name, size, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 });
    await pipeline(createReadStream(file), entry as unknown as NodeJS.WritableStream, { signal });
  }
  tar.finalize();
}

async function forgetSystem(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.write(Buffer.from([UNKNOWN_SYSTEM]), 0, 1, GZIP_SYSTEM_BYTE);
  } finally {
    await handle.close();
  }
}
