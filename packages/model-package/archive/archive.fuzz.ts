import { ok } from 'node:assert';
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { unlessRejected } from '../../../testing/fuzz/fuzz-target.ts';
import { unpackArchive } from './unpack-archive.ts';

const LIMITS = { maxBytes: 200_000, maxFiles: 20, maxDepth: 4 };
const TAR_BLOCK = 512;

let folder: string | undefined;

/** Bytes that begin as a zip are one; others are a tar, whose checksums are made right and which is compressed as it should be. */
const target: FuzzTarget = {
  about: 'packages as .zip and .tar.gz, from whoever may activate them',
  dictionary: [
    'PK\x01\x02',
    'PK\x03\x04',
    'PK\x05\x06',
    'PK\x06\x06',
    'PK\x06\x07',
    '../',
    '/etc/x',
    'C:',
    '\\',
    'ustar\0',
    'path=',
    '11 path=../a\n',
    '\x01\0',
    '\xff\xff\xff\xff',
  ],
  async seeds() {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from('{}'), 'model.json', { compress: false });
    zip.addBuffer(Buffer.from('weights '.repeat(40)), 'golden/a.json');
    zip.end();
    const tar = pack();
    tar.entry({ name: 'p/', type: 'directory' });
    tar.entry({ name: 'p/model.json' }, '{}');
    tar.entry({ name: 'p/long', pax: { path: `p/${'n'.repeat(120)}` } }, 'weights');
    tar.finalize();
    return [new Uint8Array(await buffer(zip.outputStream as Readable)), new Uint8Array(await buffer(tar))];
  },
  async run(bytes) {
    folder ??= mkdtempSync(path.join(os.tmpdir(), 'edgeml-fuzz-archive-'));
    const [file, into] = [path.join(folder, 'archive'), path.join(folder, 'outer/target')];
    mkdirSync(into, { recursive: true });
    const isZip = Buffer.from(bytes.subarray(0, 2)).toString('latin1') === 'PK';
    writeFileSync(file, isZip ? bytes : gzipSync(withChecksums(bytes), { level: 1 }));
    try {
      await unlessRejected(() => unpackArchive(file, into, { limits: LIMITS }));
      ok(readdirSync(path.join(folder, 'outer')).length === 1, 'it wrote outside of its folder');
      checkTree(into, 0);
    } finally {
      rmSync(path.join(folder, 'outer'), { recursive: true, force: true });
    }
  },
  close() {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    folder = undefined;
  },
};
export default target;

/** Plain files and folders only, no deeper than allowed. */
function checkTree(into: string, depth: number): void {
  ok(depth <= LIMITS.maxDepth + 1, 'it nests deeper than it may');
  for (const entry of readdirSync(into, { withFileTypes: true })) {
    ok(entry.isFile() || entry.isDirectory(), `${entry.name} is neither a file nor a folder`);
    if (entry.isDirectory()) checkTree(path.join(into, entry.name), depth + 1);
  }
}

/** Every block that looks like a header gets the checksum that it should have: the sum of its bytes, with its own field as blanks. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const tar = Buffer.from(bytes);
  for (let at = 0; at + TAR_BLOCK <= tar.length; at += TAR_BLOCK) {
    const block = tar.subarray(at, at + TAR_BLOCK);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(' ', 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return tar;
}
