import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { listenOnSocket } from './listen-on-socket.ts';

let folder: string;
let path: string;
let server: Server;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'socket-'));
  path = join(folder, 'api.sock');
  server = createServer((socket) => socket.end('hello'));
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe('listenOnSocket', () => {
  it('listens, and removes the file when asked to', async () => {
    const remove = await listenOnSocket(server, path);

    const [chunk] = (await once(connect(path), 'data')) as [Buffer];
    await remove();

    expect(chunk.toString()).toBe('hello');
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    [undefined, 0o660],
    [0o666, 0o666],
  ])('given the mode %s, lets in those of the mode %d', async (mode, expected) => {
    await listenOnSocket(server, path, mode);

    expect((await stat(path)).mode & 0o777).toBe(expected);
  });

  it('takes the place of a socket that a killed process left', async () => {
    const die = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', die]);
    expect(existsSync(path)).toBe(true);

    await listenOnSocket(server, path);

    await once(connect(path), 'connect');
  });

  it('does not push away who serves the path', async () => {
    const other = createServer((socket) => socket.end()).listen(path);
    await once(other, 'listening');

    await expect(listenOnSocket(server, path)).rejects.toMatchObject({ code: 'socket.in-use' });

    other.close();
  });

  it('takes over from who serves the path if asked to, and stays there when that one closes and removes its socket', async () => {
    const path = join(folder, 'api.sock');
    const first = createServer((socket) => socket.end('first'));
    const remove = await listenOnSocket(first, path);
    const second = createServer((socket) => socket.end('second'));
    await listenOnSocket(second, path, 0o660, true);

    await remove();
    await new Promise((resolve) => first.close(resolve));
    const said = await new Promise((resolve) => connect(path).once('data', (data) => resolve(String(data))));
    expect(said).toBe('second');
    await new Promise((resolve) => second.close(resolve));
  });

  it('leaves a file alone that is not a socket', async () => {
    await writeFile(path, 'something of the user');

    await expect(listenOnSocket(server, path)).rejects.toMatchObject({ code: 'socket.not-a-socket' });

    expect(await readFile(path, 'utf8')).toBe('something of the user');
  });

  it.runIf(process.getuid?.() === 0)('names the user whose file or socket is in its place', async () => {
    await writeFile(path, 'of somebody else');
    await chown(path, 12_345, 12_345);

    await expect(listenOnSocket(server, path)).rejects.toMatchObject({
      code: 'socket.foreign',
      message: expect.stringContaining('belongs to the user 12345') as unknown,
      facts: { path, owner: 12_345, user: 0 },
    });
  });

  it('says which folder is missing', async () => {
    const nowhere = join(folder, 'nowhere', 'api.sock');

    await expect(listenOnSocket(server, nowhere)).rejects.toThrow(`cannot listen on ${nowhere}`);
  });

  it('reaches a path that is too long from the working directory, or says that it cannot', async () => {
    const deep = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    await mkdir(deep, { recursive: true });
    const long = join(deep, 'api.sock');
    const before = process.cwd();

    await expect(listenOnSocket(server, long)).rejects.toThrow('the system allows');
    process.chdir(deep);
    try {
      const remove = await listenOnSocket(server, long);
      expect(existsSync(long)).toBe(true);
      await remove();
    } finally {
      process.chdir(before);
    }
  });
});
