import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

import type { ArchiveEntry } from './archive-entry.ts';

/** Entries of a gzipped tar, in order. */
export async function* tarEntries(file: string): AsyncGenerator<ArchiveEntry> {
  const tar = extract();
  const done = pipeline(createReadStream(file), createGunzip(), tar);
  // A fault below also ends the loop over the entries; this await only gives it a second owner.
  const failed = done.catch((error: unknown) => error as Error);
  try {
    for await (const entry of tar) {
      const { name, size } = entry.header;
      // The package waits forever for the bytes of an entry whose size it could not read.
      if (size === undefined || !Number.isSafeInteger(size) || size < 0)
        throw new Error(`the size of "${name}" cannot be read`);
      yield {
        path: entry.header.name,
        kind: kindOf(entry.header.type),
        open: () => Promise.resolve(bytesOf(entry, failed)),
      };
      entry.resume();
    }
  } finally {
    tar.destroy();
    await failed;
  }
}

function kindOf(type: string): ArchiveEntry['kind'] {
  if (type === 'file' || type === 'contiguous-file') return 'file';
  return type === 'directory' ? 'folder' : 'other';
}

/**
 * The bytes, by the stream's own iterator: a pipeline of Node.js takes the stream for one of its own and does not see that it was
 * destroyed before, so it would wait forever for the rest of a file that the archive was cut in.
 *
 * @param failed why the archive cannot be read on, which the stream itself does not say
 */
async function* bytesOf(entry: object, failed: Promise<Error | void>): AsyncGenerator<Buffer> {
  try {
    // The package's own types know its streams as streams only.
    yield* entry as AsyncIterable<Buffer>;
  } catch (thrown) {
    throw (await failed) ?? thrown;
  }
}
