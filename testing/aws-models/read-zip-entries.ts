import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import yauzl from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';

/**
 * Contents of some entries of a zip file, by their names.
 * @throws Error if the zip is damaged or lacks one of them
 */
export async function readZipEntries(zip: Buffer, names: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  const file = await open(zip);
  for await (const entry of entries(file))
    if (names.includes(entry.fileName)) contents.set(entry.fileName, await buffer(await openEntry(file, entry)));
  const absent = names.filter((name) => !contents.has(name));
  if (absent.length > 0) throw new Error(`the zip has no ${absent.join(', ')}`);
  return contents;
}

function open(zip: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.fromBuffer(zip, { lazyEntries: true }, (error, file) => (error ? reject(error) : resolve(file)));
  });
}

async function* entries(file: ZipFile): AsyncGenerator<Entry> {
  for (let read = 0; read < file.entryCount; read++) {
    const next = once(file, 'entry');
    file.readEntry();
    const [entry] = (await next) as [Entry];
    yield entry;
  }
}

function openEntry(file: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    file.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
