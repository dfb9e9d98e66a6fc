import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchPackage } from './fetch-package.ts';
import { unpackPackage } from './unpack-package.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'package-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('unpackPackage', () => {
  it('takes the named files and folders, without maps, headers and pages', async () => {
    const tarball = await tarballOf({
      'package/package.json': '{}',
      'package/lib/a.js': 'a',
      'package/lib/a.js.map': 'map',
      'package/lib/a.d.ts': 'types',
      'package/lib/deep/b.node': 'native',
      'package/README.md': 'read me',
      'package/LICENSE.md': 'license',
      'package/other.js': 'other',
    });

    const wanted = ['package.json', 'lib/', 'README.md'];
    const { files } = await unpackPackage(tarball, wanted, path.join(folder, 'out'));

    expect(files).toEqual(['README.md', 'lib/a.js', 'lib/deep/b.node', 'package.json']);
    expect(await readFile(path.join(folder, 'out/lib/deep/b.node'), 'utf8')).toBe('native');
    expect(await readFile(path.join(folder, 'out/package.json'), 'utf8')).toBe('{}');
  });

  it('reads what the package says about itself without writing it', async () => {
    const tarball = await tarballOf({
      'package/package.json': '{}',
      'package/LICENSE.md': 'license',
      'package/lib/LICENSE': 'of a part',
      'package/lib/a.js': 'a',
    });

    const { files, about } = await unpackPackage(tarball, ['lib/a.js'], path.join(folder, 'out'));

    expect(files).toEqual(['lib/a.js']);
    expect(Object.fromEntries(about)).toEqual({ 'package.json': '{}', 'LICENSE.md': 'license' });
    expect(await readdir(path.join(folder, 'out'))).toEqual(['lib']);
  });

  it('names what a package lacks', async () => {
    const tarball = await tarballOf({ 'package/package.json': '{}' });
    await expect(unpackPackage(tarball, ['package.json', 'bin/'], path.join(folder, 'out'))).rejects.toMatchObject({
      code: 'build.package-content',
      message: 'a.tgz holds no bin/',
    });
  });

  it('never writes outside its folder', async () => {
    const tarball = await tarballOf({ 'package/lib/../../../evil.js': 'x', 'package/lib/ok.js': '' });
    expect((await unpackPackage(tarball, ['lib/'], path.join(folder, 'out'))).files).toEqual(['lib/ok.js']);
  });

  it('fails on a damaged tarball', async () => {
    const tarball = path.join(folder, 'a.tgz');
    await writeFile(tarball, gzipSync('not a tar file').subarray(0, 20));
    await expect(unpackPackage(tarball, ['lib/'], folder)).rejects.toThrow();
  });
});

describe('fetchPackage', () => {
  it('refuses a cached tarball whose hash is not the pinned one', async () => {
    await tarballOf({ 'package/package.json': '{}' }, 'npm/some-tool-1.0.0.tgz');
    const pin = { name: '@some/tool', version: '1.0.0', integrity: 'sha512-none' };
    await expect(fetchPackage(pin, folder)).rejects.toMatchObject({ code: 'build.package-integrity' });
  });
});

async function tarballOf(files: Readonly<Record<string, string>>, name = 'a.tgz'): Promise<string> {
  const tar = pack();
  for (const [file, content] of Object.entries(files)) tar.entry({ name: file }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const target = path.join(folder, name);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, gzipSync(Buffer.concat(chunks)));
  return target;
}
