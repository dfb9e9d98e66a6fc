import { PassThrough, pipeline, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Readable } from 'node:stream';
import { getFileNameLowLevel, openPromise } from 'yauzl';
import type { Entry } from 'yauzl';

import type { ArchiveEntry } from './archive-entry.ts';

/** Entries of a zip, in the order of its central directory. */
export async function* zipEntries(file: string): AsyncGenerator<ArchiveEntry> {
  // Names are decoded here, since yauzl's own decoding also judges them, in an error that cannot be told from damage.
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false, decodeStrings: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const path = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
      yield {
        path,
        kind: kindOf(entry, path),
        open: async () => checked(await zip.openReadStreamPromise(entry), entry.crc32),
      };
    }
  } finally {
    zip.close();
  }
}

/** File type bits of `st_mode`, which zips made on Unix carry in the upper half of the attributes (APPNOTE 4.4.15). */
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

function kindOf(entry: Entry, path: string): ArchiveEntry['kind'] {
  const type = (entry.externalFileAttributes >>> 16) & TYPE_MASK;
  if (type !== 0 && type !== REGULAR && type !== FOLDER) return 'other';
  return path.endsWith('/') ? 'folder' : 'file';
}

/** yauzl leaves the checksum to its caller. */
function checked(bytes: Readable, expected: number): Readable {
  let actual = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      actual = crc32(chunk, actual);
      done(null, chunk);
    },
    flush(done) {
      done(actual === expected ? null : new Error(`checksum is ${actual.toString(16)}, not ${expected.toString(16)}`));
    },
  });
  // The reader of the result sees the error; the callback only keeps it from being thrown a second time.
  return pipeline(bytes, check, new PassThrough(), () => undefined);
}
