import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';

import { canMount, mountedDisk } from '../../../testing/agent/small-disk.ts';
import { unpackArchive } from './unpack-archive.ts';

type Content = Readonly<Record<string, string>>;

let folder: string;
let target: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeml-archive-'));
  target = join(folder, 'target');
  await mkdir(target);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function tarOf(entries: readonly [Partial<Header> & { name: string }, string?][]): Promise<string> {
  const tar = pack();
  for (const [header, text] of entries) tar.entry(header, text ?? '');
  tar.finalize();
  const file = join(folder, 'package.tar.gz');
  await writeFile(file, gzipSync(await buffer(Readable.from(tar as AsyncIterable<Buffer>))));
  return file;
}

const tarOfFiles = (content: Content) => tarOf(Object.entries(content).map(([name, text]) => [{ name }, text]));

async function zipOf(content: Content, mode = 0o100644): Promise<string> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(content)) zip.addBuffer(Buffer.from(text), name, { mode });
  zip.end();
  const file = join(folder, 'package.zip');
  await writeFile(file, await buffer(zip.outputStream));
  return file;
}

/** yazl refuses unsafe names, so they are written over safe ones of the same length. */
async function zipWithName(name: string): Promise<string> {
  const placeholder = 'x'.repeat(name.length);
  const file = await zipOf({ [placeholder]: 'text' });
  const bytes = await readFile(file, 'latin1');
  await writeFile(file, bytes.replaceAll(placeholder, name), 'latin1');
  return file;
}

const code = (value: string) => expect.objectContaining({ code: value }) as unknown;

describe.each([
  ['zip', zipOf],
  ['tar.gz', tarOfFiles],
] as const)('unpackArchive of a %s', (_format, make) => {
  it('writes files and folders', async () => {
    const file = await make({ 'model.json': '{}', 'golden/a.json': '[1]' });
    expect(await unpackArchive(file, target)).toBe(target);
    expect(await readFile(join(target, 'golden/a.json'), 'utf8')).toBe('[1]');
  });

  it('finds the package in the one folder that the archive was made of', async () => {
    const file = await make({ 'Parts/model.json': '{}', 'Parts/labels.txt': 'a' });
    expect(await unpackArchive(file, target)).toBe(join(target, 'Parts'));
  });

  it('tells the format by content, not by name', async () => {
    const file = await make({ 'model.json': '{}' });
    const renamed = join(folder, 'model.bin');
    await writeFile(renamed, await readFile(file));
    expect(await unpackArchive(renamed, target)).toBe(target);
  });

  it('stops at the byte limit, however well the content compresses', async () => {
    const file = await make({ 'model.json': '{}', 'bomb.onnx': '\0'.repeat(4_000_000) });
    const limits = { maxBytes: 1_000_000, maxFiles: 10, maxDepth: 4 };
    await expect(unpackArchive(file, target, { limits })).rejects.toEqual(code('archive.too-large'));
  });

  it('stops at the limits of entries and of depth', async () => {
    const limits = { maxBytes: 1_000_000, maxFiles: 2, maxDepth: 2 };
    const many = await make({ a: '', b: '', c: '' });
    await expect(unpackArchive(many, target, { limits })).rejects.toEqual(code('archive.too-large'));
    const deep = await make({ '1/2/3/4': '' });
    await expect(unpackArchive(deep, target, { limits })).rejects.toEqual(code('archive.too-large'));
  });

  it('says that a cut archive is damaged', async () => {
    const file = await make({ 'model.json': '{}', 'model.onnx': Array.from({ length: 9_999 }, Math.random).join() });
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length / 2));
    await expect(unpackArchive(file, target)).rejects.toEqual(code('archive.damaged'));
  });

  it('stops when aborted', async () => {
    const file = await make({ 'model.json': '{}' });
    const reason = new Error('enough');
    await expect(unpackArchive(file, target, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('unpackArchive of an archive that was cut', () => {
  const content: Content = { 'model.json': '{}', 'labels.txt': 'bolt\nnut\n', 'model.onnx': 'weights '.repeat(400) };
  const tarBytes = async () => gunzipSync(await readFile(await tarOfFiles(content)));
  const gzipBytes = async () => readFile(await tarOfFiles(content));
  const zipBytes = async () => readFile(await zipOf(content));

  /** Never waits forever, never leaves a part of a file behind as if it were the whole. */
  async function expectNamedEnd(bytes: Buffer): Promise<void> {
    const file = join(folder, 'cut');
    await rm(target, { recursive: true, force: true });
    await mkdir(target);
    await writeFile(file, bytes);
    try {
      await unpackArchive(file, target);
    } catch (thrown) {
      expect(thrown).toEqual(
        expect.objectContaining({ code: expect.stringMatching(/^archive\.(damaged|unknown-format)$/) as unknown }),
      );
      return;
    }
    for (const name of await readdir(target)) expect(await readFile(join(target, name), 'utf8')).toBe(content[name]);
  }

  it('in a file of the tar inside, says so', async () => {
    const bytes = await tarBytes();
    const file = join(folder, 'package.tar.gz');
    await writeFile(file, gzipSync(bytes.subarray(0, bytes.length - 1_024 - 700)));
    await expect(unpackArchive(file, target)).rejects.toEqual(
      expect.objectContaining({ code: 'archive.damaged', message: expect.stringContaining('end of data') as unknown }),
    );
  });

  it.each([0xfe, 0xff])(
    'whose entry has a size that cannot be read (%i), says so and does not wait forever',
    async (byte) => {
      const bytes = await tarBytes();
      // The field of the first header; then its checksum, the sum of the header's bytes with blanks in its own place.
      bytes.fill(byte, 124, 136).fill(' ', 148, 156);
      const sum = bytes.subarray(0, 512).reduce((total, one) => total + one, 0);
      bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      const file = join(folder, 'package.tar.gz');
      await writeFile(file, gzipSync(bytes));
      await expect(unpackArchive(file, target)).rejects.toMatchObject({ code: 'archive.damaged' });
    },
  );

  it.each([
    ['a tar, then compressed', tarBytes, (cut: Buffer) => gzipSync(cut, { level: 1 })],
    ['a compressed tar', gzipBytes, (cut: Buffer) => cut],
    ['a zip', zipBytes, (cut: Buffer) => cut],
  ] as const)('at any byte of %s ends with an error or with whole files', async (_what, whole, finish) => {
    const bytes = await whole();
    const cuts = fc.integer({ min: 0, max: bytes.length });
    await fc.assert(
      fc.asyncProperty(cuts, (cut) => expectNamedEnd(finish(bytes.subarray(0, cut)))),
      {
        numRuns: 100,
        examples: [0, 1, 511, 512, 513, 1_024, bytes.length - 1].map((cut): [number] => [Math.min(cut, bytes.length)]),
      },
    );
  });
});

describe('unpackArchive', () => {
  it.each(['../evil', 'a/../../evil', '/etc/evil', 'C:/evil', 'a\\evil', 'a\u0001b'])(
    'refuses the name %j in a tar',
    async (name) => {
      const file = await tarOf([[{ name }, 'x']]);
      await expect(unpackArchive(file, target)).rejects.toEqual(code('archive.unsafe-entry'));
    },
  );

  it.each(['../evil', 'a/../../evil', '/etc/evil', 'a\\evil'])('refuses the name %j in a zip', async (name) => {
    const file = await zipWithName(name);
    await expect(unpackArchive(file, target)).rejects.toEqual(code('archive.unsafe-entry'));
  });

  it.each(['symlink', 'link', 'fifo', 'character-device'] as const)('refuses a %s in a tar', async (type) => {
    const file = await tarOf([[{ name: 'model.json', type, linkname: '/etc/passwd' }]]);
    await expect(unpackArchive(file, target)).rejects.toEqual(code('archive.unsafe-entry'));
  });

  it('refuses a symbolic link in a zip', async () => {
    const file = await zipOf({ 'model.json': '/etc/passwd' }, 0o120777);
    await expect(unpackArchive(file, target)).rejects.toEqual(code('archive.unsafe-entry'));
  });

  it('refuses the same name twice', async () => {
    const file = await tarOf([
      [{ name: 'model.json' }, '{}'],
      [{ name: './model.json' }, '[]'],
    ]);
    await expect(unpackArchive(file, target)).rejects.toEqual(code('archive.unsafe-entry'));
  });

  it('notices a changed byte in a zip by its checksum', async () => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from('weights'), 'model.onnx', { compress: false });
    zip.end();
    const file = join(folder, 'package.zip');
    const bytes = await buffer(zip.outputStream);
    bytes[bytes.indexOf('weights')]! ^= 1;
    await writeFile(file, bytes);
    await expect(unpackArchive(file, target)).rejects.toEqual(code('archive.damaged'));
  });

  it.runIf(canMount())('says that the disk is full, and not that the archive is damaged', async () => {
    const content = Array.from({ length: 30_000 }, Math.random).join();
    const file = await tarOf([[{ name: 'model.onnx' }, content]]);
    const disk = mountedDisk(join(folder, 'disk'), 64 * 1024);
    try {
      await expect(unpackArchive(file, disk.folder)).rejects.toMatchObject({
        code: 'archive.disk-full',
        facts: { file, folder: disk.folder },
      });
    } finally {
      disk.remove();
    }
  });

  it('says what it takes when given something else', async () => {
    const file = join(folder, 'model.onnx');
    await writeFile(file, 'not an archive');
    await expect(unpackArchive(file, target)).rejects.toEqual(code('archive.unknown-format'));
  });
});
