import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import type { ErrorBody } from '../../api/agent-api.ts';
import { startSocketServer } from '../http-server.ts';
import type { SocketServer } from '../http-server.ts';
import type { ConnectionBounds, GuardReason } from './connection-guard.ts';

/** A server on a real socket whose time the test owns. It answers with the body that it was sent. */
let folder: string;
let socketPath: string;
let clock: FakeClock;
let server: SocketServer;
let bounds: ConnectionBounds;
let guarded: GuardReason[];
let clients: Socket[];
let asked: number;

const echo: RequestListener = (incoming, response) => {
  asked++;
  void text(incoming).then(
    (body) => response.end(body),
    () => undefined,
  );
};

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'guard-'));
  socketPath = path.join(folder, 'api.sock');
  clock = new FakeClock();
  bounds = { maxConnections: 512, minBytesPerSecond: 1_000 };
  guarded = [];
  clients = [];
  asked = 0;
  await serve(echo);
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await server.close(0);
  await rm(folder, { recursive: true });
});

async function serve(listener: RequestListener): Promise<void> {
  await (server as SocketServer | undefined)?.close(0);
  server = await startSocketServer(socketPath, listener, {
    clock,
    bounds: () => bounds,
    onGuarded: (reason) => guarded.push(reason),
  });
}

/** A client that sends what it is told, and what came back when its connection ended. */
async function client(
  ...words: readonly string[]
): Promise<{ readonly socket: Socket; readonly end: Promise<string> }> {
  const socket = connect(socketPath);
  clients.push(socket);
  const end = endOf(socket);
  await once(socket, 'connect');
  for (const word of words) socket.write(word);
  return { socket, end };
}

async function endOf(socket: Socket): Promise<string> {
  let got = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (got += chunk));
  return new Promise((resolve) => socket.on('error', () => undefined).on('close', () => resolve(got)));
}

/** One honest request on its own connection. */
async function ask(method: 'GET' | 'POST', body = ''): Promise<{ readonly status: number; readonly body: string }> {
  const outgoing = request({ socketPath, method, path: '/', agent: false });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** The error in all that came on a connection. */
const errorIn = (answer: string): ErrorBody['error'] => errorOf(answer.slice(answer.indexOf('\r\n\r\n')));
const errorOf = (body: string): ErrorBody['error'] => (JSON.parse(body) as ErrorBody).error;
const upload = (bytes: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`;
const CHUNKED = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';

/** One after the other: the system's queue of new connections holds 511. */
async function many<T>(count: number, make: () => Promise<T>): Promise<readonly T[]> {
  const made: T[] = [];
  for (let index = 0; index < count; index++) made.push(await make());
  return made;
}

describe('slow clients', () => {
  it.each([
    ['with a length', upload(100) + 'some'],
    ['in chunks', `${CHUNKED}4\r\nsome\r\n`],
  ])('ends a request %s whose body stops coming, and says so', async (_how, words) => {
    const { end } = await client(words);
    await expect.poll(() => asked).toBe(1);
    await clock.advance(4_000);
    const answer = await end;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(errorIn(answer)).toMatchObject({ code: 'http.too-slow', facts: { part: 'body', minBytesPerSecond: 1_000 } });
    expect(guarded).toEqual(['slow']);
  });

  it('ends a request whose head stops coming, and says so', async () => {
    const { end } = await client('POST / HTTP/1.1\r\nHost: ');
    const answer = await passing(end);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(errorIn(answer)).toMatchObject({ code: 'http.too-slow', facts: { part: 'head' } });
  });

  it('ends one that brings a little again and again, and lets one finish that keeps the least rate', async () => {
    const [trickle, steady] = [await client(upload(6_000)), await client(upload(6_000))];
    await expect.poll(() => asked).toBe(2);
    for (let half = 0; half < 10; half++) {
      trickle.socket.write('x'.repeat(50));
      steady.socket.write('x'.repeat(600));
      await arrival(steady.socket);
      await clock.advance(500);
    }
    expect(errorIn(await trickle.end).code).toBe('http.too-slow');
    steady.socket.end();
    expect(await steady.end).toMatch(/^HTTP\/1\.1 200 /);
    expect(guarded).toEqual(['slow']);
  });

  it('does not blame a client for a body that nobody takes', async () => {
    let take: () => void = () => undefined;
    await serve((incoming, response) => {
      asked++;
      take = () => echo(incoming, response);
    });
    const { socket, end } = await client(upload(1_000_000), 'x'.repeat(1_000_000));
    await expect.poll(() => asked).toBe(1);
    await clock.advance(20_000);
    take();
    await once(socket, 'data');
    socket.end();
    expect(await end).toMatch(/^HTTP\/1\.1 200 /);
    expect(guarded).toEqual([]);
  });

  it('ends a connection that asks nothing for a minute, and one that does not take its answer', async () => {
    await serve((_incoming, response) => response.end(Buffer.alloc(16 * 1024 * 1024)));
    const silent = await client();
    const deaf = connect(socketPath)
      .on('error', () => undefined)
      .pause();
    clients.push(deaf);
    deaf.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await clock.advance(1_000);
    await passing(silent.end, 66_000);
    expect(guarded).toEqual(['unread', 'idle']);
  });
});

describe('many clients', () => {
  it('answers honest ones while 600 others keep idle connections', async () => {
    await many(600, () => client());
    expect(await ask('GET')).toMatchObject({ status: 200 });
    expect(await ask('POST', 'honest')).toEqual({ status: 200, body: 'honest' });
    // The first of them made room for the last, and for who asked; its place was free again for the second question.
    expect(guarded).toEqual(Array.from({ length: 600 + 1 - (512 + 16) }, () => 'displaced'));
  });

  it('answers honest ones while 512 others have stopped in the middle of a body', async () => {
    const stalled = await many(512, () => client(CHUNKED));
    await expect.poll(() => asked).toBe(512);
    await clock.advance(250);
    expect(await ask('POST', 'honest')).toEqual({ status: 200, body: 'honest' });
    expect(await ask('GET')).toMatchObject({ status: 200 });
    const first = await Promise.race(stalled.map(({ end }) => end));
    expect(first).toMatch(/^HTTP\/1\.1 503 /);
    expect(errorIn(first)).toMatchObject({ code: 'http.displaced', facts: { part: 'body', maxConnections: 512 } });
    expect(guarded).toEqual(['displaced']);
  });

  it('says that it is full while requests that move take all places, and still answers who watches it', async () => {
    bounds = { ...bounds, maxConnections: 2 };
    const held: ServerResponse[] = [];
    await serve((incoming, response) => {
      if (incoming.method === 'GET') return void response.end('healthy');
      held.push(response);
    });
    const working = [ask('POST'), ask('POST')];
    await expect.poll(() => held.length).toBe(2);
    const { status, body } = await ask('POST');
    expect([status, errorOf(body)]).toMatchObject([
      503,
      { code: 'http.too-many-requests', facts: { maxConnections: 2 } },
    ]);
    expect(await ask('GET')).toEqual({ status: 200, body: 'healthy' });
    for (const response of held) response.end('done');
    expect((await Promise.all(working)).map(({ status: one }) => one)).toEqual([200, 200]);
    expect(guarded).toEqual(['full']);
  });

  it('answers one request of a connection at a time', async () => {
    const { end } = await client(`${upload(1)}a${upload(1)}b${upload(1)}c`);
    const answer = await end;
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('http.pipelined');
    expect(asked).toBe(1);
  });

  it('answers request after request on one connection', async () => {
    const { socket } = await client();
    for (let round = 1; round <= 3; round++) {
      socket.write(`${upload(1)}a`);
      await once(socket, 'data');
    }
    expect([asked, guarded]).toEqual([3, []]);
  });
});

/** Lets time pass until the promise settles. */
async function passing<T>(promise: Promise<T>, mostMs = 10_000): Promise<T> {
  let settled = false;
  void promise.finally(() => (settled = true));
  for (let passed = 0; !settled && passed < mostMs; passed += 500) await clock.advance(500);
  return promise;
}

/** The bytes for the socket have left it, and the server has had a turn to read it. */
async function arrival(socket: Socket): Promise<void> {
  if (socket.writableLength > 0) await once(socket, 'drain');
  await clock.advance(0);
}
