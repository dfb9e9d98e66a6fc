import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseManifest } from '#packages/model-package';
import type { Provider } from '#packages/model-package';
import { manifestWith, temporaryFolder } from '../../../../testing/agent/package-folder.ts';
import { ModelCaches } from '../cache/model-caches.ts';
import type { WorkerPlan } from '../protocol.ts';
import { accessFor } from './confinement.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  for (const name of ['package', 'cache', 'scratch', 'agent', 'modules']) await mkdir(join(folder.path, name));
});
afterEach(() => folder.remove());

const path = (name: string) => join(folder.path, name);

function accessOf(providers: readonly Provider[], first = true, cache?: WorkerPlan['cache']) {
  const plan: WorkerPlan = {
    packageDir: path('package'),
    packageHash: 'a'.repeat(64),
    manifest: parseManifest(manifestWith()),
    labels: [],
    providers,
    requireProvider: false,
    threadsToTry: [1],
    spinning: false,
    golden: true,
    measurePictures: false,
    hashes: {},
    cache: cache ?? { folder: path('cache'), ...(first ? { scratch: path('scratch') } : {}) },
  };
  return accessFor(plan, join(path('agent'), 'instance-worker.js'), { NODE_PATH: `${path('modules')}:/nowhere` });
}

describe.runIf(process.platform === 'linux')('what the process of a model may touch', () => {
  it('is its package, its optimized model and its programs to read, and nothing to write', () => {
    const access = accessOf(['cpu'], false);
    expect(access?.readWrite).toEqual([]);
    const readable = ['package', 'cache', 'agent', 'modules'].map(path);
    expect(access?.readOnly).toEqual(expect.arrayContaining(readable));
    expect(access?.readOnly).not.toContain('/nowhere');
    for (const open of ['/', '/etc', '/home', '/root', '/tmp', '/proc', folder.path])
      expect(access?.readOnly).not.toContain(open);
  });

  it('is a folder of its own to write for the first process of an instance, which makes the optimized model there', () => {
    expect(accessOf(['cpu'])?.readWrite).toEqual([path('scratch')]);
  });

  it('is not the key that seals the caches, nor the cache of another package', async () => {
    const caches = await ModelCaches.open(path('caches'));
    const [own, other] = [await caches.of('a'.repeat(64)), await caches.of('b'.repeat(64))];
    for (const cache of [own.forFirst, own.forOthers]) {
      const access = accessOf(['cpu'], true, cache);
      const listed = [...(access?.readOnly ?? []), ...(access?.readWrite ?? [])];
      expect(listed).toContain(cache.folder);
      for (const hidden of [join(path('caches'), 'key'), other.forFirst.folder, other.forFirst.scratch!]) {
        expect(listed.filter((open) => !relative(open, hidden).startsWith('..'))).toEqual([]);
      }
    }
  });

  it('cannot be said where a provider needs devices', () => {
    expect(accessOf(['cuda', 'cpu'])).toBeUndefined();
    expect(accessOf(['wasm'])).toBeDefined();
  });
});
