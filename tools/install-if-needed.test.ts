import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonToInstall } from './install-if-needed.mjs';

describe('reasonToInstall', () => {
  let project: string;

  beforeEach(async () => {
    project = await mkdtemp(path.join(tmpdir(), 'install-'));
    await lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } });
  });

  afterEach(() => rm(project, { recursive: true }));

  it('asks for an install on a fresh checkout', () => {
    expect(reasonToInstall(project)).toBe('node_modules is missing');
  });

  it('is content with what is locked, even when optional packages of other platforms are absent', async () => {
    await installed({ 'node_modules/a': { version: '1.0.0' } });
    expect(reasonToInstall(project)).toBeUndefined();
  });

  it('names the package whose version differs', async () => {
    await installed({ 'node_modules/a': { version: '0.9.0' } });
    expect(reasonToInstall(project)).toBe('node_modules/a is 0.9.0, locked is 1.0.0');
  });

  it('notices a package folder that was deleted', async () => {
    await installed({ 'node_modules/a': { version: '1.0.0' } });
    await rm(path.join(project, 'node_modules/a'), { recursive: true });
    expect(reasonToInstall(project)).toBe('node_modules/a is missing');
  });

  it('says so when there is no lock file', async () => {
    await rm(path.join(project, 'package-lock.json'));
    expect(() => reasonToInstall(project)).toThrow(/package-lock\.json is missing/);
  });

  async function lock(packages: object): Promise<void> {
    await writeFile(path.join(project, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
  }

  async function installed(packages: Record<string, object>): Promise<void> {
    for (const location of Object.keys(packages)) await mkdir(path.join(project, location), { recursive: true });
    await writeFile(path.join(project, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
  }
});
