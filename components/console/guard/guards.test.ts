import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consoleFolder, startInProcessConsole, TOKEN } from '../../../testing/console/in-process-console.ts';
import type { RunningConsole } from '../start-console.ts';

let work: string;
let running: RunningConsole | undefined;

beforeEach(async () => {
  work = await consoleFolder();
});

afterEach(async () => {
  await running?.close();
  running = undefined;
  await rm(work, { recursive: true, force: true });
});

async function start(configuration: object = {}): Promise<RunningConsole> {
  running = await startInProcessConsole(work, configuration);
  return running;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function ask(path: string, { method = 'GET', headers = {}, body: sent }: Ask = {}): Promise<Answer> {
  const { hostname, port } = new URL(running!.url);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: hostname, port, path, method, headers, agent: false }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }));
    });
    outgoing.on('error', reject).end(sent);
  });
}

const codeOf = ({ body }: Answer): string => (JSON.parse(body) as { error: { code: string } }).error.code;
const audit = async (): Promise<Record<string, unknown>[]> =>
  (await readFile(join(work, 'audit.log'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('Host', () => {
  it.each(['127.0.0.1:8484', 'localhost', 'LOCALHOST:9000', '[::1]:1', 'gate-7.local'])(
    'serves the page under %s, whatever port SSH forwards',
    async (host) => {
      await start({ HostNames: ['gate-7.local'] });
      expect(await ask('/', { headers: { host } })).toMatchObject({ status: 200, body: 'index.html' });
    },
  );

  it.each([
    'attacker.example',
    'attacker.example:8484',
    '127.0.0.1.attacker.example',
    'localhost.attacker.example',
    'a@localhost',
    '[::2]',
  ])('refuses the name %j, which an attacker may make point to this device', async (host) => {
    await start();
    const answer = await ask('/', { headers: { host } });
    expect([answer.status, codeOf(answer)]).toEqual([421, 'console.forbidden-host']);
    expect(await audit()).toMatchObject([{ what: 'refused', path: '/', reason: 'console.forbidden-host' }]);
  });

  it('refuses a request of HTTP/1.0 without a Host', async () => {
    const { url } = await start();
    const text = await new Promise<string>((resolve) => {
      let said = '';
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
      socket.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      socket.on('close', () => resolve(said));
    });
    expect(text).toContain('console.forbidden-host');
  });
});

describe('Origin', () => {
  const host = 'localhost:8484';
  const authorization = `Bearer ${TOKEN}`;

  it.each([
    ['another site', { origin: 'http://attacker.example' }],
    ['another port of this device', { origin: 'http://localhost:3000' }],
    ['a page without an origin', { origin: 'null' }],
    ['a browser that says so', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['another service of this device', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
  ])('refuses what %s asks for, even with the token', async (_, headers) => {
    await start();
    for (const path of ['/page.js', '/api/pictures?source=gate']) {
      const answer = await ask(path, { headers: { host, authorization, ...headers } });
      expect([answer.status, codeOf(answer)]).toEqual([403, 'console.forbidden-origin']);
    }
  });

  it('takes requests of its own page, and a link from anywhere', async () => {
    await start();
    const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    const link = { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask('/page.js', { headers: own })).status).toBe(200);
    expect((await ask('/', { headers: link })).status).toBe(200);
  });
});

describe('the token', () => {
  const path = '/api/sources/gate/samples';

  it.each([undefined, 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`])(
    'is needed to write: not with %j',
    async (authorization) => {
      await start();
      const answer = await ask(path, { method: 'POST', headers: authorization ? { authorization } : {} });
      expect([answer.status, codeOf(answer)]).toEqual([401, 'console.token-missing']);
    },
  );

  it('lets a write through, and the audit log says who wrote and what came of it', async () => {
    await start();
    const headers = { authorization: `Bearer ${TOKEN}`, 'user-agent': 'a browser' };
    const answer = await ask(path, { method: 'POST', headers });
    expect(codeOf(answer)).toBe('console.no-socket');
    expect(await audit()).toMatchObject([
      { what: 'wrote', path, outcome: 'console.no-socket', from: '127.0.0.1', browser: 'a browser' },
    ]);
  });

  it('does not let through what is too large, and says so', async () => {
    await start();
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await ask(path, { method: 'POST', headers, body: 'x'.repeat(1_000_000) });
    expect([answer.status, codeOf(answer)]).toEqual([413, 'console.too-large']);
    expect(await audit()).toMatchObject([{ what: 'wrote', path, outcome: 'console.too-large', from: '127.0.0.1' }]);
  });

  it('is made at the first start, for the user of the component alone, and is the same at the next', async () => {
    await rm(join(work, 'token'));
    await start();
    const made = await readFile(join(work, 'token'), 'utf8');
    expect(made).toMatch(/^[0-9a-f]{32}\n$/);
    expect((await stat(join(work, 'token'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(work, 'console.json'))).mode & 0o777).toBe(0o600);
    await running?.close();
    await start();
    expect(await readFile(join(work, 'token'), 'utf8')).toBe(made);
  });

  it.each([
    ['without a TokenFile', {}, 'console.token-needed'],
    ['with a TokenFile that is not there', { TokenFile: '/nowhere/token' }, 'console.token-unusable'],
  ])('is a condition of any address but this device: no start %s', async (_, settings, code) => {
    await expect(start({ Address: '0.0.0.0', ...settings })).rejects.toMatchObject({ code });
  });

  it('is needed for all but the page itself on such an address', async () => {
    const file = join(work, 'other-token');
    await writeFile(file, 'short');
    await expect(start({ Address: '0.0.0.0', TokenFile: file })).rejects.toMatchObject({
      code: 'console.token-unusable',
    });
    await writeFile(file, `${TOKEN}2`);
    await start({ Address: '0.0.0.0', TokenFile: file });
    const live = '/api/pictures?source=gate';
    expect((await ask('/')).status).toBe(200);
    for (const path of [live, '/metrics']) expect((await ask(path)).status).toBe(401);
    expect((await ask(live, { headers: { authorization: `Bearer ${TOKEN}2` } })).status).toBe(400);
  });
});

describe('paths', () => {
  it.each([
    '/../token',
    '/%2e%2e/token',
    '/page/../../token',
    '//etc/passwd',
    '/token',
    '/audit.log',
    '/page.js/x',
    '/%00',
    '/api/nothing',
  ])('serves nothing at %s', async (path) => {
    await start();
    const answer = await ask(path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain(TOKEN);
  });

  it('lets the page load nothing from elsewhere and nobody frame it', async () => {
    await start();
    const { headers } = await ask('/');
    const policy = String(headers['content-security-policy']);
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
