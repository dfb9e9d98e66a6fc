import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSocketServer } from './http-server.ts';

const CLOSE_MS = 30_000;
const REQUEST = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';

let folder: string;
let socketPath: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'http-server-'));
  socketPath = path.join(folder, 'api.sock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a socket server that ends', () => {
  it('answers who was connecting, is found by nobody else, and leaves no socket', async () => {
    const server = await startSocketServer(socketPath, (_request, response) => response.end('right'));
    const early = connect(socketPath);
    await once(early, 'connect');
    const waiting = Array.from({ length: 20 }, () => connect(socketPath));
    const answers = [early, ...waiting].map(answerOf);

    const closed = server.close(CLOSE_MS);
    for (const socket of [early, ...waiting]) socket.write(REQUEST);

    expect(await Promise.all(answers)).toEqual(Array.from({ length: 21 }, () => 'right'));
    await closed;
    await expect(stat(socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('does not wait for a connection that never asks', async () => {
    const server = await startSocketServer(socketPath, (_request, response) => response.end('right'));
    const mute = connect(socketPath);
    await once(mute, 'connect');
    const answer = answerOf(mute);

    const started = performance.now();
    await server.close(CLOSE_MS);
    expect(performance.now() - started).toBeLessThan(CLOSE_MS / 2);
    expect(await answer).toBe('nothing');
  });

  it('lets what is being answered finish', async () => {
    let finish: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let release: () => void = () => undefined;
    const server = await startSocketServer(socketPath, (_request, response) => {
      release = () => void response.end('late');
      finish();
    });
    const socket = connect(socketPath);
    const answer = answerOf(socket);
    socket.write(REQUEST);
    await asked;

    const closed = server.close(CLOSE_MS);
    release();
    expect(await answer).toBe('late');
    await closed;
  });
});

/** The body that a connection got, or what became of it. */
async function answerOf(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return new Promise((resolve) => {
    socket.on('error', ({ message }) => resolve(message));
    socket.on('close', () => resolve(/\r\n\r\n(?:[\da-f]+\r\n)?(\w+)/.exec(text)?.[1] ?? 'nothing'));
  });
}
