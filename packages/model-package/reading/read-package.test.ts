import { createHash } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { temporaryFolder, writePackage, writeFiles } from '../../../testing/agent/package-folder.ts';
import { edgeManifestOf } from './edge-manifest.ts';
import { readPackage } from './read-package.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  dir = await writePackage(join(folder.path, 'Parts'));
});
afterEach(() => folder.remove());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('readPackage', () => {
  it('gives manifest, labels and the hash of every file', async () => {
    const model = await readPackage(dir);
    expect(model.manifest.name).toBe('Parts');
    expect(model.labels).toEqual(['bolt', 'nut']);
    expect(Object.keys(model.hashes)).toEqual([
      'golden/a.json',
      'golden/a.png',
      'labels.txt',
      'model.json',
      'model.onnx',
    ]);
    expect(model.hashes['model.onnx']).toBe(sha256('weights'));
    expect(model.hash).toBe(sha256(JSON.stringify(model.hashes)));
  });

  it('gives the same hash for the same content elsewhere, signed or not', async () => {
    const copy = await writePackage(join(folder.path, 'copy'), {}, { 'signature.json': '{}' });
    expect((await readPackage(copy)).hash).toBe((await readPackage(dir)).hash);
  });

  it('gives another hash when a file changes or moves', async () => {
    const changed = await writePackage(join(folder.path, 'b'), {}, { 'model.onnx': 'Weights' });
    const added = await writePackage(join(folder.path, 'c'), {}, { 'notes.txt': '' });
    const hashes = await Promise.all([dir, changed, added].map(async (path) => (await readPackage(path)).hash));
    expect(new Set(hashes).size).toBe(3);
  });

  it('follows a link to the folder itself', async () => {
    await symlink(dir, join(folder.path, 'current'));
    expect((await readPackage(join(folder.path, 'current'))).dir).toBe((await readPackage(dir)).dir);
  });

  it.each([
    ['nothing there', 'package.not-found', 'elsewhere', () => Promise.resolve()],
    ['a file', 'package.not-a-package', 'file', (path: string) => writeFile(path, '')],
    ['no model.json', 'package.not-a-package', 'empty', (path: string) => mkdir(path).then(() => undefined)],
  ] as const)('refuses %s', async (_what, code, name, make) => {
    const path = join(folder.path, name);
    await make(path);
    await expect(readPackage(path)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name) as unknown,
    });
  });

  it('refuses links inside, which reach outside', async () => {
    await symlink('/etc/passwd', join(dir, 'extra.txt'));
    await expect(readPackage(dir)).rejects.toMatchObject({ code: 'package.link', facts: { file: 'extra.txt' } });
  });

  it('names all files that model.json names and that are not there', async () => {
    await rm(join(dir, 'golden'), { recursive: true });
    await expect(readPackage(dir)).rejects.toMatchObject({
      code: 'package.file-missing',
      facts: { missing: ['golden/a.png', 'golden/a.json'] },
    });
  });

  it('refuses a model.json that is not JSON, is not valid or is huge', async () => {
    await writeFile(join(dir, 'model.json'), '{');
    await expect(readPackage(dir)).rejects.toMatchObject({ code: 'package.manifest-unreadable' });
    await writeFile(join(dir, 'model.json'), '{}');
    await expect(readPackage(dir)).rejects.toMatchObject({ code: 'model.manifest-invalid' });
    await writeFile(join(dir, 'model.json'), ' '.repeat(1024 * 1024 + 1));
    await expect(readPackage(dir)).rejects.toMatchObject({ code: 'package.manifest-unreadable' });
  });

  it.each([
    { maxBytes: 10, maxFiles: 99, maxDepth: 9 },
    { maxBytes: 9_999, maxFiles: 3, maxDepth: 9 },
    { maxBytes: 9_999, maxFiles: 99, maxDepth: 0 },
  ])('refuses what is over the limits %j', async (limits) => {
    await expect(readPackage(dir, { limits })).rejects.toMatchObject({ code: 'package.too-large' });
  });

  it('stops when aborted', async () => {
    const reason = new Error('enough');
    await expect(readPackage(dir, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('sagemaker_edge_manifest', () => {
  it('is taken when it names the same model', async () => {
    await writeFile(join(dir, 'sagemaker_edge_manifest'), edgeManifestOf({ name: 'Parts', version: '1.0.0' }));
    expect((await readPackage(dir)).manifest.version).toBe('1.0.0');
  });

  it('makes a package of a folder with one model and nothing else', async () => {
    await rm(dir, { recursive: true });
    const manifest = { metadata: { model_name: 'Parts', model_version: '1.0 beta' } };
    await writeFiles(dir, { 'net.onnx': 'weights', sagemaker_edge_manifest: JSON.stringify(manifest) });
    const model = await readPackage(dir);
    expect(model.manifest).toMatchObject({ name: 'Parts', version: '1.0-beta', task: 'tensor' });
    expect(model.manifest.variants).toMatchObject([{ file: 'net.onnx' }]);
    await writeFile(join(dir, 'other.onnx'), 'weights');
    await expect(readPackage(dir)).rejects.toMatchObject({ code: 'package.not-a-package' });
  });

  it.each([edgeManifestOf({ name: 'Parts', version: '2.0.0' }), '{"model_name":"Parts"}', 'text'])(
    'is refused as %j',
    async (text) => {
      await writeFile(join(dir, 'sagemaker_edge_manifest'), text);
      await expect(readPackage(dir)).rejects.toMatchObject({ code: 'package.edge-manifest-mismatch' });
    },
  );
});
