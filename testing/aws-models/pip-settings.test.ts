import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pipSettings } from './pip-settings.ts';

describe('pipSettings', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'edgeml-pip-'))));
  afterEach(() => rm(folder, { recursive: true }));
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };

  it('are PyPI and the authorities of Node.js if nothing is configured', () => {
    expect(pipSettings({}, [])).toEqual({ indexUrl: 'https://pypi.org/simple/', certificates: undefined });
    expect(pipSettings({}, [path.join(folder, 'none')]).indexUrl).toBe('https://pypi.org/simple/');
  });

  it('are those of the files, the later ones first, and of the section for downloads before the global one', async () => {
    const system = await file(
      'system.conf',
      '# ours\n[global]\nindex_url = https://a.test/simple\ncert: /etc/ca.pem\n[install]\nindex-url = https://i.test/\n',
    );
    expect(pipSettings({}, [system])).toEqual({ indexUrl: 'https://a.test/simple/', certificates: '/etc/ca.pem' });
    const user = await file(
      'user.conf',
      '[download]\nIndex-Url = https://user:a=b@c.test/simple/\n[global]\nindex-url = https://b.test/\n',
    );
    expect(pipSettings({}, [system, user])).toEqual({
      indexUrl: 'https://user:a=b@c.test/simple/',
      certificates: '/etc/ca.pem',
    });
  });

  it('are those of the environment before all files, and the file that it names before the others', async () => {
    const named = await file('named.conf', '[global]\nindex-url = https://n.test/\n');
    expect(pipSettings({ PIP_CONFIG_FILE: named }).indexUrl).toBe('https://n.test/');
    const variables = { PIP_CONFIG_FILE: named, PIP_INDEX_URL: 'https://e.test/', PIP_CERT: '/e.pem' };
    expect(pipSettings(variables)).toEqual({ indexUrl: 'https://e.test/', certificates: '/e.pem' });
    expect(pipSettings({ PIP_CONFIG_FILE: '/dev/null' }).indexUrl).toBe('https://pypi.org/simple/');
  });
});
