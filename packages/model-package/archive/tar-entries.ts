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
      yield { path: entry.header.name, kind: kindOf(entry.header.type), open: () => Promise.resolve(bytesOf(entry)) };
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

/** The package's own types know its streams as streams, not as what they also are: async iterables of buffers. */
function bytesOf(entry: object): AsyncIterable<Buffer> {
  return entry as AsyncIterable<Buffer>;
}
