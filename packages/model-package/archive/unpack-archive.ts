import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exists, isDiskFull, isEdgeError, messageOf } from '#packages/foundation';
import { DEFAULT_PACKAGE_LIMITS } from '../reading/limits.ts';
import type { PackageLimits } from '../reading/limits.ts';
import { MANIFEST_FILE } from '../reading/read-package.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { safeEntryPath } from './entry-path.ts';
import { packageErrors } from '../errors.ts';
import { tarEntries } from './tar-entries.ts';
import { zipEntries } from './zip-entries.ts';

/**
 * Unpacks a .zip or .tar.gz (told apart by content) into an empty folder, plain files and folders only.
 * @returns the package's folder: the target, or the one folder in it where the archive was made of a folder
 * @throws EdgeError `archive.*`; what was unpacked so far stays and is the caller's to remove
 */
export async function unpackArchive(
  file: string,
  target: string,
  options: { readonly limits?: PackageLimits; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const entries = await entriesOf(file);
  try {
    await writeEntries(entries, target, options.limits ?? DEFAULT_PACKAGE_LIMITS, options.signal);
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (isEdgeError(cause)) throw cause;
    if (isDiskFull(cause)) {
      throw packageErrors.error('archive.disk-full', `no room to unpack ${file} into ${target}: ${messageOf(cause)}`, {
        cause,
        facts: { file, folder: target },
      });
    }
    throw packageErrors.error('archive.damaged', `cannot unpack ${file}: ${messageOf(cause)}`, {
      cause,
      facts: { file },
    });
  }
  return packageFolder(target);
}

async function entriesOf(file: string): Promise<AsyncIterable<ArchiveEntry>> {
  const handle = await open(file);
  const magic = Buffer.alloc(4);
  try {
    await handle.read(magic, 0, magic.length, 0);
  } finally {
    await handle.close();
  }
  // Local file header, or the end record of an empty zip (APPNOTE 4.3.7 and 4.3.16); gzip (RFC 1952).
  if (magic.equals(Buffer.from('PK\x03\x04')) || magic.equals(Buffer.from('PK\x05\x06'))) return zipEntries(file);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return tarEntries(file);
  throw packageErrors.error('archive.unknown-format', `${file} is neither a zip nor a gzipped tar`, {
    facts: { file },
  });
}

async function writeEntries(
  entries: AsyncIterable<ArchiveEntry>,
  target: string,
  limits: PackageLimits,
  signal: AbortSignal | undefined,
): Promise<void> {
  const room = { files: limits.maxFiles, bytes: limits.maxBytes };
  for await (const entry of entries) {
    signal?.throwIfAborted();
    const path = safeEntryPath(entry.path);
    if (entry.kind === 'other') {
      throw packageErrors.error('archive.unsafe-entry', `the archive holds "${path}", a link or a special file`, {
        facts: { entry: path },
      });
    }
    if (path.split('/').length > limits.maxDepth + 1) throw tooLarge(`folders nest deeper than ${limits.maxDepth}`);
    if (path !== '' && --room.files < 0) throw tooLarge(`over ${limits.maxFiles} entries`);
    if (entry.kind === 'folder') await mkdir(join(target, path), { recursive: true });
    else await writeFileEntry(entry, join(target, path), room, limits, signal);
  }
}

async function writeFileEntry(
  entry: ArchiveEntry,
  path: string,
  room: { bytes: number },
  limits: PackageLimits,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      room.bytes -= chunk.length;
      if (room.bytes < 0) done(tooLarge(`it unpacks to over ${limits.maxBytes} bytes`));
      else done(null, chunk);
    },
  });
  try {
    // 'wx': a second entry of the same name fails instead of replacing what was there.
    await pipeline(await entry.open(), meter, createWriteStream(path, { flags: 'wx' }), { signal });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw packageErrors.error('archive.unsafe-entry', `the archive holds "${entry.path}" twice`, {
      cause,
      facts: { entry: entry.path },
    });
  }
}

async function packageFolder(target: string): Promise<string> {
  if (await exists(join(target, MANIFEST_FILE))) return target;
  const [only, ...others] = await readdir(target, { withFileTypes: true });
  return only?.isDirectory() && others.length === 0 ? join(target, only.name) : target;
}

function tooLarge(why: string) {
  return packageErrors.error('archive.too-large', `the archive is too large: ${why}`);
}
