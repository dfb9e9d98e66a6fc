import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { listenOnSocket } from './socket.ts';
import type { SocketListener } from './socket.ts';

let folder: string;
let listener: SocketListener | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'socket-'));
});
afterEach(async () => {
  await listener?.close();
  listener = undefined;
  await rm(folder, { recursive: true });
});

describe('listenOnSocket', () => {
  it('listens, and removes the file when it closes', async () => {
    const path = join(folder, 'ipc.socket');
    listener = await listenOnSocket(path, (socket) => socket.end('hello'));

    const socket = connect(path);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    await listener.close();

    expect(chunk.toString()).toBe('hello');
    expect(existsSync(path)).toBe(false);
  });

  it('takes the place of a file that nobody serves', async () => {
    const path = join(folder, 'ipc.socket');
    await writeFile(path, 'left over');

    listener = await listenOnSocket(path, (socket) => socket.end());

    await once(connect(path), 'connect');
  });

  it('does not push away who serves the path', async () => {
    const path = join(folder, 'ipc.socket');
    const other = createServer((socket) => socket.end()).listen(path);
    await once(other, 'listening');

    await expect(listenOnSocket(path, () => undefined)).rejects.toThrow('another process already serves');

    other.close();
  });

  it('says which folder is missing', async () => {
    const path = join(folder, 'nowhere', 'ipc.socket');

    await expect(listenOnSocket(path, () => undefined)).rejects.toThrow(`cannot listen on ${path}`);
  });

  it('reaches a path that is too long from the working directory, or says that it cannot', async () => {
    const deep = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    await mkdir(deep, { recursive: true });
    const path = join(deep, 'ipc.socket');
    const before = process.cwd();

    await expect(listenOnSocket(path, () => undefined)).rejects.toThrow('the system allows');
    process.chdir(deep);
    try {
      listener = await listenOnSocket(path, (socket) => socket.end());
      expect(existsSync(path)).toBe(true);
      await listener.close();
    } finally {
      process.chdir(before);
    }
  });
});
