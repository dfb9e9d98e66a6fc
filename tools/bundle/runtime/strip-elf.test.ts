import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stripElf } from './strip-elf.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'edgeml-strip-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A library of 32 bits with one segment of `used` bytes, and 100 bytes behind it. */
function library(used: number): Buffer {
  const file = Buffer.alloc(used + 100, 0xff);
  file.fill(0, 0, 52 + 32);
  file.write('\x7fELF\x01\x01\x01', 'latin1');
  file.writeUInt32LE(52, 28);
  file.writeUInt32LE(used, 32);
  file.writeUInt16LE(32, 42);
  file.writeUInt16LE(1, 44);
  file.writeUInt16LE(5, 48);
  file.writeUInt16LE(4, 50);
  file.writeUInt32LE(used, 52 + 16);
  return file;
}

describe('stripElf', () => {
  it('cuts what lies behind the segments of a library of 32 bits, and names no sections any more', async () => {
    const file = path.join(folder, 'small.so');
    await writeFile(file, library(200));
    expect(await stripElf(file)).toBe(100);
    const left = await readFile(file);
    expect(left).toHaveLength(200);
    expect([left.readUInt32LE(32), left.readUInt16LE(48), left.readUInt16LE(50)]).toEqual([0, 0, 0]);
    expect(await stripElf(file)).toBe(0);
  });

  it('leaves alone what is not such a file', async () => {
    for (const [name, content] of [
      ['text.node', 'no library'],
      ['long.node', 'x'.repeat(500)],
    ] as const) {
      const file = path.join(folder, name);
      await writeFile(file, content);
      expect(await stripElf(file)).toBe(0);
      expect(await readFile(file, 'utf8')).toBe(content);
    }
  });

  it.skipIf(process.platform !== 'linux')('leaves Node.js able to run', async () => {
    const file = path.join(folder, 'node');
    await copyFile(process.execPath, file);
    const before = (await stat(file)).size;
    const saved = await stripElf(file);
    expect((await stat(file)).size).toBe(before - saved);
    const { stdout } = await run(file, ['-p', 'new Intl.NumberFormat("de").format(1234.5)']);
    expect(stdout.trim()).toBe('1.234,5');
  });
});
