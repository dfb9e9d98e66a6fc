import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { messageOf } from '#packages/foundation';
import { coreErrors } from '../errors.ts';

/**
 * Unpacks as the Java nucleus does: no executable bits, a symbolic link becomes a small text file, an entry is written
 * only if the file is missing or of another size, and an entry that would land outside fails the whole archive.
 * After a failure nothing of the target folder is left.
 *
 * @returns how many files were written
 * @throws packages.archive-invalid
 */
export async function unzip(archive: string, target: string): Promise<number> {
  let zip: ZipFile | undefined;
  try {
    await mkdir(target, { recursive: true });
    zip = await openZip(archive, { lazyEntries: true, autoClose: false, decodeStrings: true, strictFileNames: false });
    return await extractAll(zip, target);
  } catch (cause) {
    await rm(target, { recursive: true, force: true });
    throw coreErrors.error('packages.archive-invalid', `${archive} cannot be unpacked: ${messageOf(cause)}`, {
      cause,
      facts: { archive, target },
    });
  } finally {
    zip?.close();
  }
}

const openZip = promisify<string, yauzl.Options, ZipFile>(yauzl.open.bind(yauzl));

function extractAll(zip: ZipFile, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let written = 0;
    zip.on('error', reject);
    zip.on('end', () => resolve(written));
    zip.on('entry', (entry: Entry) => {
      extract(zip, entry, target).then((wrote) => {
        written += wrote ? 1 : 0;
        zip.readEntry();
      }, reject);
    });
    zip.readEntry();
  });
}

async function extract(zip: ZipFile, entry: Entry, target: string): Promise<boolean> {
  const file = path.join(target, entry.fileName);
  if (!file.startsWith(target + path.sep)) throw new Error(`the entry "${entry.fileName}" lies outside the archive`);
  if (entry.fileName.endsWith('/')) {
    await mkdir(file, { recursive: true });
    return false;
  }
  const existing = await stat(file).catch(() => undefined);
  if (existing?.size === entry.uncompressedSize) return false;
  await mkdir(path.dirname(file), { recursive: true });
  if (existing) await rm(file); // a read-only file of an earlier unpacking
  await pipeline(await openEntry(zip, entry), createWriteStream(file, { mode: 0o644 }));
  return true;
}

function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
