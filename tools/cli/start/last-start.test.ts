import { mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalDeploymentRequest } from '../../local-core/ports.ts';
import { afterLastStart, readLastStart, writeLastStart } from './last-start.ts';
import { removeStaleUnpacked } from './remove-stale-unpacked.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'edgeml-last-start-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const REQUEST: LocalDeploymentRequest = {
  rootComponentVersionsToAdd: { A: '1.0.0', B: '1.0.0' },
  componentToConfiguration: { A: { MERGE: { Sources: {} } } },
};

describe('afterLastStart', () => {
  it('removes what the last start deployed and this one does not, and nothing that others did', async () => {
    await writeLastStart(root, { from: 'samples', roots: ['A', 'C'] });
    expect(afterLastStart(REQUEST, 'samples', await readLastStart(root))).toEqual({
      ...REQUEST,
      rootComponentsToRemove: ['C'],
    });
  });

  it('forgets the settings of another file', async () => {
    await writeLastStart(root, { from: '/one/edgeml.yaml', roots: ['A', 'B'] });
    expect(afterLastStart(REQUEST, 'samples', await readLastStart(root))).toEqual({
      ...REQUEST,
      componentToConfiguration: { A: { MERGE: { Sources: {} }, RESET: [''] } },
    });
  });

  it('changes nothing at a first start, nor after a record that cannot be read', async () => {
    expect(afterLastStart(REQUEST, 'samples', await readLastStart(root))).toEqual(REQUEST);
    await writeFile(path.join(root, 'last-start.json'), '{');
    expect(await readLastStart(root)).toBeUndefined();
  });
});

describe('removeStaleUnpacked', () => {
  const unpackedOf = (name: string): string => path.join(root, 'unpacked', name, '1.0.0/app/app.js');

  async function artifact(place: 'stored' | 'built', name: string, content: string, time: number): Promise<void> {
    const folder = path.join(root, place, name, '1.0.0');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'app.zip'), content);
    await utimes(path.join(folder, 'app.zip'), time, time);
    await mkdir(path.dirname(unpackedOf(name)), { recursive: true });
    await writeFile(unpackedOf(name), 'unpacked');
  }

  it('removes what was unpacked of an artifact that was built again, also one of the same size', async () => {
    await artifact('stored', 'Same', 'zip', 1000);
    await artifact('built', 'Same', 'zip', 1000);
    await artifact('stored', 'Newer', 'zip', 1000);
    await artifact('built', 'Newer', 'ZIP', 2000);
    await artifact('stored', 'Others', 'zip', 1000);
    const places = { artifacts: path.join(root, 'stored'), unarchived: path.join(root, 'unpacked') };
    await removeStaleUnpacked(places, path.join(root, 'built'));
    expect((await stat(unpackedOf('Same'))).isFile()).toBe(true);
    expect((await stat(unpackedOf('Others'))).isFile()).toBe(true);
    await expect(stat(unpackedOf('Newer'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
