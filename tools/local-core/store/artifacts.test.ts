import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { corePaths } from '../paths.ts';
import type { Artifact } from '../../recipe/recipe.ts';
import { checkArtifactFolder, prepareArtifacts } from './artifacts.ts';
import { ComponentStore } from './component-store.ts';
import { fileMode } from './permissions.ts';
import { writeZip } from '../../../testing/local-core/zip-of.ts';

const id = { name: 'a.A', version: '1.0.0' };
let folder: string;
let source: string;
let store: ComponentStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-artifacts-'));
  source = path.join(folder, 'build');
  store = new ComponentStore(corePaths(path.join(folder, 'root')));
  await store.prepare();
  await mkdir(path.join(source, 'a.A', '1.0.0'), { recursive: true });
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function artifact(fileName: string, change: Partial<Artifact> = {}): Artifact {
  const uri = `s3://bucket/a.A/1.0.0/${fileName}`;
  return { uri, fileName, unarchive: 'NONE', permission: { read: 'OWNER', execute: 'NONE' }, ...change };
}

function built(name: string): string {
  return path.join(source, 'a.A', '1.0.0', name);
}

function stored(name: string): string {
  return path.join(store.artifactFolder(id), name);
}

function prepare(artifacts: readonly Artifact[], log: Logger = silentLogger, sourceFolder?: string): Promise<void> {
  return prepareArtifacts(store, { id, artifacts, sourceFolder: sourceFolder ?? source }, log);
}

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o777;
}

describe('prepareArtifacts', () => {
  it("copies the component's folder, unpacks archives into a folder of their name", async () => {
    await writeZip(built('tool.zip'), [{ name: 'bin/tool', content: 'tool' }]);
    await writeFile(built('notes.txt'), 'not in the recipe');

    await prepare([artifact('tool.zip', { unarchive: 'ZIP' })]);

    expect(await readFile(stored('notes.txt'), 'utf8')).toBe('not in the recipe');
    expect(await readFile(path.join(store.unpackedFolder(id), 'tool', 'bin', 'tool'), 'utf8')).toBe('tool');
  });

  it('leaves out the artifacts of other platforms', async () => {
    for (const name of ['linux.zip', 'windows.zip', 'shared.txt']) await writeFile(built(name), name);

    const request = { id, artifacts: [artifact('linux.zip')], sourceFolder: source, without: new Set(['windows.zip']) };
    await prepareArtifacts(store, request, silentLogger);

    expect(await readdir(store.artifactFolder(id))).toEqual(['linux.zip', 'shared.txt']);
  });

  it('gives every unpacked file the permission of the archive, whatever it had', async () => {
    await writeZip(built('tool.zip'), [
      { name: 'bin/tool', content: 'tool' },
      { name: 'doc/readme', content: 'x', mode: 0o100600 },
    ]);

    await prepare([artifact('tool.zip', { unarchive: 'ZIP', permission: { read: 'ALL', execute: 'ALL' } })]);

    const unpacked = path.join(store.unpackedFolder(id), 'tool');
    const everything = fileMode({ read: 'ALL', execute: 'ALL' });
    expect(await modeOf(path.join(unpacked, 'bin', 'tool'))).toBe(everything);
    expect(await modeOf(path.join(unpacked, 'doc', 'readme'))).toBe(everything);
    expect(await modeOf(path.join(unpacked, 'bin'))).toBe(0o755);
  });

  it('uses a file that lies in the store already', async () => {
    await writeFile(built('a.txt'), 'x');
    await prepare([artifact('a.txt')]);

    await prepare([artifact('a.txt')], silentLogger, path.join(folder, 'elsewhere'));
    await prepareArtifacts(store, { id, artifacts: [artifact('a.txt')] }, silentLogger);

    expect(await readFile(stored('a.txt'), 'utf8')).toBe('x');
  });

  it('takes a file that changed under the same version, and warns', async () => {
    const warnings: string[] = [];
    const log: Logger = { ...silentLogger, warn: (_facts, event) => warnings.push(event) };
    await writeFile(built('a.txt'), 'one');
    await prepare([artifact('a.txt')], log);
    await prepare([artifact('a.txt')], log);
    expect(warnings).toEqual([]);

    await writeFile(built('a.txt'), 'two');
    await utimes(built('a.txt'), 1_000, 1_000);
    await prepare([artifact('a.txt')], log);

    expect(await readFile(stored('a.txt'), 'utf8')).toBe('two');
    expect(warnings).toEqual(['store.artifact-changed-under-same-version']);
  });

  it('names the artifact and the folders in which it is missing', async () => {
    await expect(prepare([artifact('a.txt')])).rejects.toThrow(
      `a.A 1.0.0 needs the artifact a.txt (s3://bucket/a.A/1.0.0/a.txt); it is not in ${path.join(source, 'a.A', '1.0.0')} nor in ${store.artifactFolder(id)}`,
    );
  });

  it('checks digests', async () => {
    await writeFile(built('a.txt'), 'x');
    const digest = createHash('sha256').update('x').digest('base64');

    await prepare([artifact('a.txt', { digest, algorithm: 'SHA-256' })]);
    await expect(prepare([artifact('a.txt', { digest: 'AAAA' })])).rejects.toThrow(
      `a.txt of a.A 1.0.0 has the SHA-256 digest ${digest}, the recipe says AAAA`,
    );
  });
});

describe('fileMode', () => {
  it.each([
    [{ read: 'OWNER', execute: 'NONE' }, 0o440, 0o640],
    [{ read: 'NONE', execute: 'NONE' }, 0o400, 0o600],
    [{ read: 'ALL', execute: 'NONE' }, 0o444, 0o644],
    [{ read: 'OWNER', execute: 'OWNER' }, 0o550, 0o750],
    [{ read: 'ALL', execute: 'ALL' }, 0o555, 0o755],
    [{ read: 'NONE', execute: 'ALL' }, 0o555, 0o755],
  ] as const)('%j: %o as root, %o otherwise', (permission, root, other) => {
    expect(fileMode(permission, true)).toBe(root);
    expect(fileMode(permission, false)).toBe(other);
  });
});

describe('checkArtifactFolder', () => {
  it("refuses a folder that overlaps the core's own store", () => {
    const own = '/gg/packages/artifacts';

    for (const given of ['/gg', '/gg/packages/artifacts', '/gg/packages/artifacts/a.A', '/']) {
      expect(() => checkArtifactFolder(given, own)).toThrow('overlaps');
    }
    expect(() => checkArtifactFolder('/gg/packages/artifacts-mine', own)).not.toThrow();
  });
});
