import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { entry, errorCatalog } from '#packages/foundation';
import type { Incident, Logger } from '#packages/foundation';
import { readHealth } from '../health-client.ts';
import { startSocketServer } from './http-server.ts';
import { readBody } from './read-body.ts';
import type { SocketServer } from './http-server.ts';
import { createRouter } from './router.ts';
import type { Route } from './router.ts';
import { sendJson } from './send.ts';
import { watchRoutes } from './watch-routes.ts';

const testErrors = errorCatalog({
  'test.no-route': entry<{ readonly path: string }>({ status: 404, todo: 'Ask for something else.' }),
  'test.method-not-allowed': entry<{ readonly allow: string }>({ status: 405, todo: 'Use another method.' }),
  'test.bad-path': { status: 400, todo: 'Encode it.' },
  'test.refused': { status: 422, todo: 'Do not ask.' },
});

let folder: string;
let socketPath: string;
let server: SocketServer;
let healthy: boolean;
let incidents: readonly Incident[];
const faults = vi.fn();
const uploaded = vi.fn();

const echo = (method: Route['method'], path: string): Route => ({
  method,
  path,
  handle: (_request, response, ...parameters) => sendJson(response, 200, { method, path, parameters }),
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'router-'));
  socketPath = join(folder, 'api.sock');
  healthy = true;
  incidents = [];
  const fail = (path: string, error: Error): Route => ({ method: 'GET', path, handle: () => Promise.reject(error) });
  const listener = createRouter(
    [
      echo('POST', '/v1/models/{alias}/retire'),
      echo('POST', '/v2/models/{name}/versions/{version}/infer'),
      echo('GET', '/v2/models/{name}'),
      echo('POST', '/v1/models/activate'),
      echo('GET', '/v1/models'),
      echo('POST', '/v1/models'),
      fail('/refused', testErrors.error('test.refused', 'not you')),
      fail('/fault', new TypeError('a bug')),
      {
        method: 'POST',
        path: '/upload',
        async handle(incoming, response) {
          const read = readBody(incoming, 1_000, () => testErrors.error('test.refused', 'too much'));
          await read.finally(() => void uploaded(response));
        },
      },
      ...watchRoutes({
        health: () => ({ status: healthy ? 'ok' : 'stopping' }),
        incidents: () => incidents,
        metrics: async () => 'up 1\n',
      }),
    ],
    {
      errors: {
        noRoute: (message, facts) => testErrors.error('test.no-route', message, { facts }),
        methodNotAllowed: (message, facts) => testErrors.error('test.method-not-allowed', message, { facts }),
        badPath: (message) => testErrors.error('test.bad-path', message),
      },
      log: { error: faults } as unknown as Logger,
    },
  );
  server = await startSocketServer(socketPath, listener);
});
afterEach(async () => {
  await server.close(1_000);
  await rm(folder, { recursive: true });
  faults.mockReset();
});

async function ask(method: string, path: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, method, path, agent: false }, resolve).once('error', reject).end();
  });
  const { statusCode: status, headers } = response;
  return { status, allow: headers.allow, type: headers['content-type'], body: await text(response) };
}

describe('createRouter', () => {
  it.each([
    ['POST', '/v1/models/activate', '/v1/models/activate', []],
    ['POST', '/v1/models/Parts/retire', '/v1/models/{alias}/retire', ['Parts']],
    ['POST', '/v1/models/activate/retire', '/v1/models/{alias}/retire', ['activate']],
    ['POST', '/v1/models/a%2Fb%20%C3%BC/retire?why=old', '/v1/models/{alias}/retire', ['a/b ü']],
    ['POST', '/v2/models/m/versions/1/infer', '/v2/models/{name}/versions/{version}/infer', ['m', '1']],
    ['GET', '/v2/models/m', '/v2/models/{name}', ['m']],
    ['GET', '/v1/models', '/v1/models', []],
    ['POST', '/v1/models', '/v1/models', []],
  ])('takes %s %s to %s with %j', async (method, asked, path, parameters) => {
    const { status, body } = await ask(method, asked);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ method, path, parameters });
  });

  it('answers HEAD where it answers GET, without a body', async () => {
    expect(await ask('HEAD', '/v1/models')).toMatchObject({ status: 200, type: 'application/json', body: '' });
  });

  it.each([
    '/',
    '/v1',
    '/v1/models/',
    '/v1/models//retire',
    '/v1/models/a/b/retire',
    '/v1/models/Parts/retire/',
    '/v1/x',
  ])('has nothing at %s', async (path) => {
    const { status, body } = await ask('POST', path);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'test.no-route', facts: { path } } });
  });

  it('names the methods that a path has', async () => {
    expect(await ask('DELETE', '/v1/models')).toMatchObject({ status: 405, allow: 'GET, POST' });
    expect(await ask('HEAD', '/v1/models/activate')).toMatchObject({ status: 405, allow: 'POST' });
  });

  it('refuses a parameter that is not percent-encoded UTF-8', async () => {
    const { status, body } = await ask('POST', '/v1/models/%E0%A4%A/retire');
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'test.bad-path' } });
  });

  it('answers with what a handler throws, and logs only faults', async () => {
    expect(await ask('GET', '/refused')).toMatchObject({ status: 422 });
    expect(faults).not.toHaveBeenCalled();
    expect(await ask('GET', '/fault')).toMatchObject({ status: 500 });
    expect(faults).toHaveBeenCalledWith({ error: expect.any(TypeError) as unknown, url: '/fault' }, 'http.fault');
  });

  it('does not take a client that hung up within its body for a fault', async () => {
    const client = connect(socketPath);
    client.end('POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc');
    await expect.poll(() => uploaded.mock.calls.length).toBe(1);
    // The next answer comes behind what the route threw.
    expect(await ask('GET', '/refused')).toMatchObject({ status: 422 });
    expect(faults).not.toHaveBeenCalled();
  });

  it('gives a parameter back as it was put in', async () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(segment, async (name) => {
        const { body } = await ask('POST', `/v1/models/${encodeURIComponent(name)}/retire`);
        expect(JSON.parse(body)).toMatchObject({ parameters: [name] });
      }),
      { numRuns: 30 },
    );
  });
});

describe('watchRoutes', () => {
  it('answer 503 with the same body while the component is not well', async () => {
    expect(await ask('GET', '/healthz')).toMatchObject({ status: 200, body: '{"status":"ok","incidents":[]}' });
    healthy = false;
    expect(await ask('GET', '/healthz')).toMatchObject({ status: 503, body: '{"status":"stopping","incidents":[]}' });
  });

  it('say what is wrong, and are degraded by errors, not by warnings', async () => {
    const warning: Incident = { code: 'c', subject: 's', severity: 'warning', message: 'm', since: '' };
    incidents = [warning];
    expect(await readHealth(socketPath)).toEqual({ status: 'ok', incidents: [warning] });
    incidents = [{ ...warning, severity: 'error' }];
    expect(await readHealth(socketPath)).toEqual({ status: 'degraded', incidents });
    expect((await ask('GET', '/healthz')).status).toBe(200);
  });

  it('give the metrics in the text form of Prometheus', async () => {
    const type = 'text/plain; version=0.0.4; charset=utf-8';
    const incident = { subject: 's', message: 'm', since: '' };
    incidents = [
      { ...incident, code: 'disk.full', severity: 'error' },
      { ...incident, code: 'source.unreadable', severity: 'warning' },
      { ...incident, code: 'source.unreadable', severity: 'warning', subject: 't' },
    ];
    const answer = await ask('GET', '/metrics');
    expect(answer).toMatchObject({ status: 200, type });
    expect(answer.body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'up 1',
      'edgeml_incidents{code="disk.full",severity="error"} 1',
      'edgeml_incidents{code="source.unreadable",severity="warning"} 2',
    ]);
  });
});
