import { createHash } from 'node:crypto';
import http from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Incidents, parseConfiguration } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { PATIENCE_MS } from '../../../../testing/patience.ts';
import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { appConfiguration } from '../../config.ts';
import { Statistics } from '../../statistics/statistics.ts';
import { RecordingSink } from '../../../../testing/app/recording-sink.ts';
import { HttpSource } from './http-source.ts';

const PICTURE = Buffer.from('a picture');
const LOGIN = { username: 'admin', password: 'geh:eim' };

let clock: FakeClock;
let server: Server;
let base: string;
let asked: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let sink: RecordingSink;
let lines: { event: string; said: string }[];
let secrets: Record<string, string>;
let sources: { readonly source: HttpSource; readonly run: Promise<void> }[];

beforeEach(async () => {
  clock = new FakeClock();
  secrets = {};
  [asked, sink, lines, sources] = [[], new RecordingSink(), [], []];
  answer = (_request, response) => response.setHeader('content-type', 'image/jpeg').end(PICTURE);
  server = http.createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await Promise.all(sources.map(({ source }) => source.stop()));
  await Promise.all(sources.map(({ run }) => run.catch(() => undefined)));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function recorder(): Logger {
  const note = (facts: object, event: string): void => {
    const said = Object.values(facts).map((fact: unknown) =>
      fact instanceof Error ? `${fact.message} ${String(fact.cause)}` : String(fact),
    );
    lines.push({ event, said: said.join(' ') });
  };
  return { debug: note, info: note, warn: note, error: note, child: recorder };
}

const configured = (settings: object) =>
  parseConfiguration(
    appConfiguration,
    { Sources: { cam: { Type: 'http', ...settings } } },
    { component: 'edgeml.InferenceApp' },
  ).Sources['cam']!;

function start(settings: object = {}): Promise<void> {
  const configuration = configured({ Url: `http://${base}/snap.jpg`, InferenceInterval: 10, ...settings });
  const source = new HttpSource({
    name: 'cam',
    configuration,
    workFolder: '/',
    maxImageBytes: () => 1_000,
    readSecret: async (secretId) => secrets[secretId] ?? Promise.reject(new Error(`no secret ${secretId}`)),
    clock,
    random: () => 0,
    statistics: new Statistics(),
    incidents: new Incidents(recorder()),
    log: recorder(),
  });
  const run = source.run(sink);
  run.catch(() => undefined);
  sources.push({ source, run });
  return run;
}

const eventually = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 5 });
/** Waits until the pass is over, then continues to the next one. */
const nextPass = async (): Promise<void> => {
  await eventually(() => clock.pending === 1);
  await clock.advance(10_000);
};

describe('HttpSource', () => {
  it('takes one picture per interval', async () => {
    void start();
    await eventually(() => sink.frames.length === 1);
    await nextPass();
    await eventually(() => sink.frames.length === 2);

    expect(sink.images).toEqual(['cam-00000001.jpg', 'cam-00000002.jpg']);
    expect(await sink.frames[1]!.withImage(async (image) => image)).toEqual({
      bytes: PICTURE,
      contentType: 'image/jpeg',
    });
  });

  it('takes one picture in mode once, whatever its format, and ends', async () => {
    answer = (_request, response) => response.setHeader('content-type', 'image/png').end(PICTURE);
    await start({ Mode: 'once' });

    expect(sink.images).toEqual(['cam-00000001.png']);
  });

  it('asks for a picture only if it has changed', async () => {
    answer = (request, response) => {
      response.setHeader('etag', '"1"').setHeader('last-modified', 'Thu, 01 Jan 2026 00:00:00 GMT');
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
      else response.end(PICTURE);
    };
    void start();
    await eventually(() => sink.frames.length === 1);
    await nextPass();
    await eventually(() => sink.skipped.unchanged === 1);

    expect(asked[1]?.headers['if-modified-since']).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
    expect(sink.frames).toHaveLength(1);
  });

  it.each([
    [
      'by its length',
      (response: ServerResponse) => response.setHeader('content-length', 2_000).end(Buffer.alloc(2_000)),
    ],
    [
      'while it is read',
      (response: ServerResponse) => void (response.write(Buffer.alloc(600)), response.end(Buffer.alloc(600))),
    ],
  ])('does not read more than is allowed, seen %s', async (_, send) => {
    answer = (_request, response) => send(response);
    void start();
    await eventually(() => sink.skipped.budget === 1);

    expect(lines[0]?.said).toContain('more than the 1000 bytes');
  });

  it('skips a picture while the one before is not answered', async () => {
    sink.outstanding = 1;
    void start();
    await eventually(() => sink.skipped.busy === 1);

    expect(asked).toEqual([]);
  });

  it('gives up on a camera that does not answer, logs it once, and says when it does again', async () => {
    const open = answer;
    answer = () => undefined;
    void start({ RequestTimeoutSeconds: '2' });
    for (let n = 1; n <= 2; n++) {
      await eventually(() => asked.length === n);
      await clock.advance(2_000);
      await eventually(() => sink.skipped.unreachable === n);
      if (n === 2) answer = open;
      // The rest of the interval.
      await eventually(() => clock.pending === 1);
      await clock.advance(8_000);
    }
    await eventually(() => sink.frames.length === 1);

    expect(lines.map(({ event }) => event)).toEqual(['source.snapshot-lost', 'source.snapshots-again']);
    expect(lines[0]?.said).toContain('no answer within 2000 ms');
  });

  it.each([
    [500, 'source.snapshot-failed'],
    [401, 'source.snapshot-denied'],
    [403, 'source.snapshot-denied'],
  ])('fails in mode once when the camera answers %i', async (status, code) => {
    answer = (_request, response) => response.writeHead(status).end();

    await expect(start({ Mode: 'once' })).rejects.toMatchObject({ code });
  });

  it('fails in mode once when there is no camera', async () => {
    await expect(start({ Mode: 'once', Url: 'http://127.0.0.1:9/' })).rejects.toMatchObject({
      code: 'source.snapshot-failed',
      message: expect.stringContaining('127.0.0.1:9') as string,
    });
  });

  it('ends while a camera is asked', async () => {
    answer = () => undefined;
    const run = start();
    await eventually(() => asked.length === 1);
    await sources[0]!.source.stop();
    await run;

    expect(sink.skipped).toEqual({});
    expect(clock.pending).toBe(0);
  });

  it.each([{ Url: '' }, { Url: 'ftp://camera/' }, { Url: 'camera/snap.jpg' }])('refuses %j', (settings) => {
    expect(() => configured(settings)).toThrow('/Sources/cam/Url');
  });
});

describe('HttpSource and redirects', () => {
  it('follows them on the same host, and those to hosts of the settings', async () => {
    answer = ({ url }, response) => {
      if (url === '/snap.jpg') response.writeHead(302, { location: '/now.jpg' }).end();
      else if (url === '/now.jpg')
        response.writeHead(307, { location: `http://localhost:${base.split(':')[1]}/b` }).end();
      else response.end(PICTURE);
    };
    await start({ Mode: 'once', AllowedHosts: ['localhost'] });

    expect(asked.map(({ url }) => url)).toEqual(['/snap.jpg', '/now.jpg', '/b']);
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data', 'add 169.254.169.254 to AllowedHosts'],
    ['http://[::1]:9/', 'AllowedHosts'],
    ['file:///etc/passwd', 'only http:// and https://'],
    ['/snap.jpg', '5 redirects'],
  ])('does not follow one to %s', async (location, why) => {
    answer = (_request, response) => response.writeHead(302, { location }).end();

    await expect(start({ Mode: 'once' })).rejects.toMatchObject({
      code: 'source.redirect-refused',
      message: expect.stringContaining(why) as string,
    });
  });
});

describe('HttpSource with a password', () => {
  /** A camera that wants a login, and knows this scheme. */
  const guarded = (challenge: string, isRight: (authorization: string, request: IncomingMessage) => boolean): void => {
    answer = (request, response) => {
      const { authorization } = request.headers;
      if (authorization !== undefined && isRight(authorization, request)) response.end(PICTURE);
      else response.writeHead(401, { 'www-authenticate': challenge }).end();
    };
  };
  const basic = `Basic ${Buffer.from('admin:geh:eim').toString('base64')}`;

  it.each([
    ['in settings', () => ({ Username: 'admin', Password: 'geh:eim' })],
    ['in the URL', () => ({ Url: `http://admin:geh%3Aeim@${base}/snap.jpg` })],
  ])('logs in with Basic, %s, and again without being asked', async (_, settings) => {
    guarded('Basic realm="camera"', (authorization) => authorization === basic);
    void start(settings());
    await eventually(() => sink.frames.length === 1);
    await nextPass();
    await eventually(() => sink.frames.length === 2);

    expect(asked.map(({ headers }) => headers.authorization)).toEqual([undefined, basic, basic]);
    expect(asked[0]?.url).toBe('/snap.jpg');
  });

  it('logs in with Digest where the camera knows it, and with a new nonce when the old one is too old', async () => {
    let nonce = 'first';
    guarded('', () => false);
    answer = (request, response) => {
      const given = Object.fromEntries(
        [...(request.headers.authorization ?? '').matchAll(/(\w+)="?([^",]*)/g)].map(([, name, value]) => [
          name,
          value,
        ]),
      ) as Record<string, string>;
      const hash = (text: string): string => createHash('md5').update(text).digest('hex');
      const [a1, a2] = [hash('admin:cam:geh:eim'), hash('GET:/snap.jpg?channel=1')];
      const right = hash(`${a1}:${nonce}:${given['nc']}:${given['cnonce']}:auth:${a2}`);
      const { uri, opaque, response: said } = given;
      if (said === right && uri === '/snap.jpg?channel=1' && opaque === 'xyz') return response.end(PICTURE);
      const challenge = `Basic realm="cam", Digest realm="cam", qop="auth,auth-int", nonce="${nonce}", opaque="xyz"`;
      return response.writeHead(401, { 'www-authenticate': challenge }).end();
    };
    void start({ Url: `http://${base}/snap.jpg?channel=1`, Username: 'admin', Password: 'geh:eim' });
    await eventually(() => sink.frames.length === 1);
    nonce = 'second';
    await nextPass();
    await eventually(() => sink.frames.length === 2);

    expect(asked).toHaveLength(4);
  });

  it('reads its login from a secret, again once the camera has refused it', async () => {
    guarded('Basic realm="camera"', (authorization) => authorization === basic);
    secrets['edgeml/cam'] = '{"username":"admin","password":"old"}';
    void start({ Credentials: { Secret: 'edgeml/cam' } });
    await eventually(() => lines.length === 1);
    secrets['edgeml/cam'] = JSON.stringify(LOGIN);
    await nextPass();
    await eventually(() => sink.frames.length === 1);

    expect(lines[0]?.said).toContain('wants another user or password');
  });

  it('tells its password to nobody to whom the camera redirects', async () => {
    const other = http.createServer((request, response) => void (asked.push(request), response.end(PICTURE)));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    guarded('Basic realm="camera"', () => false);
    const challenge = answer;
    answer = (request, response) => {
      if (request.headers.authorization !== basic) return challenge(request, response);
      response.writeHead(302, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    };
    await start({ Mode: 'once', Username: LOGIN.username, Password: LOGIN.password });
    await new Promise((resolve) => other.close(resolve));

    expect(sink.frames).toHaveLength(1);
    expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/snap.jpg', undefined],
      ['/snap.jpg', basic],
      ['/elsewhere', undefined],
    ]);
  });

  it.each([
    [{ File: 'a', Secret: 'b' }, 'come from one place'],
    [{ File: 'a' }, 'asks nobody for a login', { Type: 'folder' }],
    [{ Secret: 'a' }, 'only a Url with a host', { Type: 'stream', Url: '/dev/video0' }],
  ])('refuses %j, since %s', (Credentials, message, settings: object = {}) => {
    expect(() => configured({ Url: 'http://camera/', Credentials, ...settings })).toThrow(message);
  });

  it('shows no credentials', async () => {
    const url = `http://admin:geh%3Aeim@${base}/snap.jpg?token=Abc123`;
    guarded('Basic realm="camera"', () => false);
    void start({ Url: url });
    await eventually(() => lines.length === 1);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await nextPass();
    await eventually(() => lines.length === 2);

    const said = JSON.stringify(lines);
    expect(said).toContain('http://***@');
    for (const secret of ['geh:eim', 'geh%3Aeim', 'Abc123']) expect(said).not.toContain(secret);
    server.listen(0);
  });
});
