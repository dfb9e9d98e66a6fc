import { chmod, chown, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { askAs, askSocket } from '../../../testing/agent/ask-socket.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let work: string;
let nucleus: MemoryNucleus;
let started: InProcessAgent | undefined;

beforeEach(async () => {
  folder = await temporaryFolder();
  // As the Java nucleus makes it.
  work = join(folder.path, 'work');
  await mkdir(work, { mode: 0o700 });
});
afterEach(async () => {
  await started?.close();
  started = undefined;
  await folder.remove();
});

async function start(configuration: object = {}): Promise<InProcessAgent> {
  nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], configuration);
  started = await startInProcess(work, nucleus);
  return started;
}

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8);
const packageOf = (version: string) => writePackage(join(folder.path, `Parts-${version}`), { version });
const ASK = { method: 'POST', path: '/v1/services/Parts/invoke', body: 'x' } as const;

describe('the socket for inference', () => {
  it.each([
    ['/v1/models/activate', { path: '/somewhere' }],
    ['/v1/models/Parts/retire', {}],
    ['/v1/models/Parts/rollback', {}],
  ])('refuses POST %s, says where to ask, and changes nothing', async (path, body) => {
    const { agent, client } = await start();
    for (const version of ['1.0.0', '2.0.0']) await client.activate({ path: await packageOf(version) });
    const before = await client.models();

    const answer = await askSocket(agent.socketPath, { method: 'POST', path, body: JSON.stringify(body) });

    expect(answer).toMatchObject({ status: 403, error: { code: 'http.administration-only' } });
    expect(answer.error?.message).toContain(agent.adminSocketPath);
    expect(await client.models()).toEqual(before);
    expect((await askSocket(agent.socketPath, ASK)).status).toBe(200);
  });
});

describe('the socket for administration', () => {
  it('does not answer for models', async () => {
    const { agent, client } = await start();
    await client.activate({ path: await packageOf('1.0.0') });
    expect(await askSocket(agent.adminSocketPath, ASK)).toMatchObject({
      status: 404,
      error: { code: 'http.no-route' },
    });
  });

  it('says how things are, as the other does', async () => {
    const { agent } = await start();
    for (const path of ['/healthz', '/metrics', '/v1/models']) {
      for (const socket of [agent.socketPath, agent.adminSocketPath]) {
        expect((await askSocket(socket, { method: 'GET', path })).status, `${path} on ${socket}`).toBe(200);
      }
    }
  });
});

describe('who may open the sockets', () => {
  it.each([
    [{}, '600'],
    [{ AdminSocketMode: '660' }, '660'],
  ])(
    'with %j: the group the one for inference, 660, and the one for administration has mode %s',
    async (settings, mode) => {
      const { agent } = await start(settings);
      expect(await modeOf(agent.socketPath)).toBe('660');
      expect(await modeOf(agent.adminSocketPath)).toBe(mode);
    },
  );

  it('serves both in SocketFolder too, which the group may enter and not write into', async () => {
    const shared = join(folder.path, 'shared');
    const { client } = await start({ SocketFolder: shared });
    await client.activate({ path: await packageOf('1.0.0') });
    expect([
      await modeOf(shared),
      await modeOf(join(shared, 'agent.sock')),
      await modeOf(join(shared, 'admin.sock')),
    ]).toEqual(['2750', '660', '600']);
    expect((await askSocket(join(shared, 'agent.sock'), ASK)).status).toBe(200);
    await started?.close();
    await expect(stat(join(shared, 'agent.sock'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(stat(join(shared, 'admin.sock'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('has folders of its own from which images are taken by their path', async () => {
    const shared = join(folder.path, 'shared');
    const [own, others] = [join(folder.path, 'own'), join(folder.path, 'others')];
    for (const images of [own, others]) {
      await mkdir(images);
      await writeFile(join(images, 'image.jpg'), 'x');
    }
    const { client } = await start({ SocketFolder: shared, ImageFolders: [own], SocketFolderImageFolders: [others] });
    await client.activate({ path: await packageOf('1.0.0') });
    const statusOf = async (socketFolder: string, images: string): Promise<number> => {
      const body = JSON.stringify({ path: join(images, 'image.jpg') });
      return (
        await askSocket(join(socketFolder, 'agent.sock'), { ...ASK, body }, { 'content-type': 'application/json' })
      ).status;
    };
    expect([await statusOf(work, own), await statusOf(work, others)]).toEqual([200, 403]);
    expect([await statusOf(shared, own), await statusOf(shared, others)]).toEqual([403, 200]);
  });

  it.each([
    ['that the group may write into', async (path: string) => chmod(path, 0o770), 'mode 770'],
    ['that everybody may write into', async (path: string) => chmod(path, 0o777), 'mode 777'],
  ])('refuses a SocketFolder %s: sockets could be exchanged there', async (_what, spoil, reason) => {
    const shared = join(folder.path, 'shared');
    await mkdir(shared);
    await spoil(shared);
    await expect(start({ SocketFolder: shared })).rejects.toMatchObject({
      code: 'socket.unsafe-folder',
      message: expect.stringContaining(reason) as unknown,
    });
  });

  it('refuses a link as SocketFolder, and takes one with the sticky bit', async () => {
    const [real, link] = [join(folder.path, 'real'), join(folder.path, 'link')];
    await mkdir(real);
    await chmod(real, 0o1777);
    await symlink(real, link);
    await expect(start({ SocketFolder: link })).rejects.toMatchObject({ code: 'socket.unsafe-folder' });
    const { agent } = await start({ SocketFolder: real });
    expect((await askSocket(join(real, 'agent.sock'), { method: 'GET', path: '/healthz' })).status).toBe(200);
    expect(agent.socketPath).toBe(join(work, 'agent.sock'));
  });
});

/** The kernel's view of the modes; only root can become another user. */
describe.skipIf(process.getuid?.() !== 0)('other users of the device', () => {
  const GROUP = 4_242;
  const member = { uid: 4_242, gid: GROUP };
  const stranger = { uid: 4_343, gid: 4_343 };
  let shared: string;

  beforeEach(async () => {
    await chmod(folder.path, 0o755);
    shared = join(folder.path, 'shared');
    await mkdir(shared);
    await chown(shared, 0, GROUP);
    await chmod(shared, 0o2750);
  });

  it('reach nothing in the work folder, members of the group included', async () => {
    const { agent } = await start();
    for (const who of [member, stranger]) {
      for (const socket of [agent.socketPath, agent.adminSocketPath]) expect(await askAs(who, socket)).toBe('EACCES');
    }
  });

  it('reach both by their names as members of its group if WorkFolderMode lets them, and read nothing else', async () => {
    await chown(work, 0, GROUP);
    await chmod(work, 0o2700);
    await writeFile(join(work, 'old.json'), '{}', { mode: 0o666 });
    const before = process.umask();
    try {
      const { agent } = await start({ WorkFolderMode: '710', AdminSocketMode: '660' });
      expect(await modeOf(work)).toBe('2710');
      for (const socket of [agent.socketPath, agent.adminSocketPath]) {
        expect(await askAs(member, socket)).toBe('200');
        expect(await askAs(stranger, socket)).toBe('EACCES');
      }
      await writeFile(join(work, 'new.json'), '{}');
      expect([await modeOf(join(work, 'old.json')), await modeOf(join(work, 'new.json'))]).toEqual(['600', '600']);
      expect(await modeOf(join(work, 'group-enters'))).toBe('600');
      nucleus.configure(COMPONENT, ['WorkFolderMode'], '700');
      await expect.poll(() => askAs(member, agent.socketPath)).toBe('EACCES');
      await expect.poll(() => stat(join(work, 'group-enters')).catch(() => 'gone')).toBe('gone');
    } finally {
      process.umask(before);
    }
  });

  it('invoke over SocketFolder if they are members of its group, and do no more', async () => {
    await start({ SocketFolder: shared });
    expect(await askAs(member, join(shared, 'agent.sock'))).toBe('200');
    expect(await askAs(member, join(shared, 'admin.sock'))).toBe('EACCES');
    expect(await askAs(stranger, join(shared, 'agent.sock'))).toBe('EACCES');
  });

  it('administrate over it as members of its group if AdminSocketMode lets them', async () => {
    await start({ SocketFolder: shared, AdminSocketMode: '660' });
    expect(await askAs(member, join(shared, 'admin.sock'))).toBe('200');
    expect(await askAs(stranger, join(shared, 'admin.sock'))).toBe('EACCES');
  });
});
