import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { announcedEndpoint } from '../inference-agent/assembly/announced-endpoint.ts';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, 'announce-token-endpoint.sh');
const URI = 'http://localhost:36000/2016-11-01/credentialprovider/';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hand-over-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sender = (environment: Readonly<Record<string, string>>) =>
  run('sh', [SCRIPT, join(folder, 'agent')], { env: { PATH: process.env['PATH'] ?? '', ...environment } });

describe.skipIf(process.platform === 'win32')('announce-token-endpoint.sh', () => {
  it('row 121: tells the agent, and nobody else, where credentials are', async () => {
    await sender({ AWS_CONTAINER_CREDENTIALS_FULL_URI: URI, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'SVCUID1' });
    await sender({ AWS_CONTAINER_CREDENTIALS_FULL_URI: URI, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'SVCUID2' });
    expect(await announcedEndpoint(join(folder, 'agent'))).toEqual({ uri: URI, token: 'SVCUID2' });
    expect(await readdir(join(folder, 'agent'))).toEqual(['token-endpoint.json']);
    expect((await stat(join(folder, 'agent', 'token-endpoint.json'))).mode & 0o077).toBe(0);
    expect(JSON.parse(await readFile(join(folder, 'agent', 'token-endpoint.json'), 'utf8'))).toHaveProperty('uri');
  });

  it('says when there is no token exchange service, and takes back what it handed over', async () => {
    await sender({ AWS_CONTAINER_CREDENTIALS_FULL_URI: URI, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'SVCUID1' });
    expect((await sender({})).stderr).toContain('token exchange service');
    expect(await announcedEndpoint(join(folder, 'agent'))).toBeUndefined();
  });

  it('leaves the agent without an endpoint if nothing was handed over', async () => {
    expect(await announcedEndpoint(folder)).toBeUndefined();
  });
});
