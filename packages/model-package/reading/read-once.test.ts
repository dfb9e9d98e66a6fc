import { createHash } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import type * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { manifestWith, temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { readPackage } from './read-package.ts';

/** Is told of each file that was opened, before anything is read from it or it is opened again. */
const opened = vi.hoisted(() => ({ listener: async (_path: string): Promise<void> => undefined }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  const open: typeof fs.open = async (path, ...rest) => {
    const handle = await real.open(path, ...rest);
    await opened.listener(String(path));
    return handle;
  };
  return { ...real, open };
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  dir = await writePackage(join(folder.path, 'Parts'));
});
afterEach(async () => {
  opened.listener = () => Promise.resolve();
  await folder.remove();
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a package that is changed while it is read', () => {
  it.each([
    ['labels.txt', 'nut\nbolt\n', 'bolt\nnut\n'],
    ['model.json', JSON.stringify(manifestWith({ version: '6.6.6' })), JSON.stringify(manifestWith())],
  ])('is known by the very bytes of %s that were parsed', async (name, later, first) => {
    let times = 0;
    opened.listener = async (path) => {
      if (!path.endsWith(name)) return;
      times++;
      await writeFile(join(folder.path, 'new'), later);
      await rename(join(folder.path, 'new'), path);
    };
    const model = await readPackage(dir);
    expect(times).toBe(1);
    expect(model.hashes[name]).toBe(sha256(first));
    expect(model).toMatchObject({ labels: ['bolt', 'nut'], manifest: { version: '1.0.0' } });
  });
});
