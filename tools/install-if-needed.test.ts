import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../testing/patience.ts';
import { installIfNeeded, reasonToInstall } from './install-if-needed.mjs';

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

describe('a registry that is away', () => {
  let project: string;
  let said: string;

  beforeEach(async () => {
    project = await mkdtemp(path.join(tmpdir(), 'install-'));
    said = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(project, { recursive: true });
  });

  /** A project that locks one package of the registry. */
  async function lockOne(registry: string): Promise<void> {
    const dependencies = { 'edgeml-nothing': '1.0.0' };
    const entry = {
      version: '1.0.0',
      resolved: `${registry}edgeml-nothing/-/edgeml-nothing-1.0.0.tgz`,
      integrity: INTEGRITY,
    };
    const packages = { '': { name: 'x', version: '1.0.0', dependencies }, 'node_modules/edgeml-nothing': entry };
    await writeFile(path.join(project, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', dependencies }));
    await writeFile(
      path.join(project, 'package-lock.json'),
      JSON.stringify({ name: 'x', version: '1.0.0', lockfileVersion: 3, packages }),
    );
    await writeFile(path.join(project, '.npmrc'), `registry=${registry}\ncache=${path.join(project, 'cache')}\n`);
  }

  async function registryOf(answer: (response: { end(text: string): void }) => void) {
    const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/`,
      close: () => new Promise((done) => server.close(done).closeAllConnections()),
    };
  }

  it("is named with npm's own words, and soon", async () => {
    const registry = await registryOf(() => undefined);
    await registry.close();
    await lockOne(registry.url);
    await expect(installIfNeeded(project)).rejects.toThrow(/ECONNREFUSED[\s\S]*Check the network or the registry/);
  });

  it('that takes connections and never answers is named before the install gives up', async () => {
    const registry = await registryOf(() => undefined);
    await lockOne(registry.url);
    const installing = installIfNeeded(project).catch((error: Error) => error);
    try {
      await vi.waitUntil(() => said.includes('does not answer'), { timeout: PATIENCE_MS, interval: 50 });
      expect(said).toMatch(/The npm registry does not answer; npm goes on trying\. It says:\n.*npm/);
    } finally {
      await registry.close();
    }
    expect(await installing).toBeInstanceOf(Error);
  });
});

const INTEGRITY = `sha512-${'A'.repeat(86)}==`;
