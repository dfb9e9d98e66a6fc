import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { inChild, startChild } from '../../../testing/posix/posix-child.ts';
import type { ConfinementReport } from './confine-process.ts';
import { systemPaths } from './system-paths.ts';

const PROJECT = join(import.meta.dirname, '../../..');
const MODELS = join(PROJECT, 'artifacts/models/PartsClassifier');
/** Where libraries lie that load after confinement. */
const LIBRARIES = [join(PROJECT, 'node_modules'), ...systemPaths()];

interface Argument {
  readonly readOnly: string[];
  readonly readWrite: string[];
  readonly packageFolder: string;
  readonly work: string;
  readonly outside: string;
  readonly port: number;
  readonly socket: string;
  readonly otherPid: number;
}

describe.runIf(process.platform === 'linux')('confineProcess', () => {
  const folder = mkdtempSync(join(tmpdir(), 'confined-'));
  const packageFolder = join(folder, 'package');
  const work = join(folder, 'work');
  const outside = join(folder, 'outside');
  const tcp = createServer((socket) => socket.destroy());
  const unix = createServer((socket) => socket.destroy());
  let argument: Argument;

  beforeAll(async () => {
    for (const path of [packageFolder, work, outside]) mkdirSync(path);
    writeFileSync(join(packageFolder, 'model.json'), '{"name":"Model"}');
    writeFileSync(join(outside, 'secret'), 'secret');
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => unix.listen(join(work, 'own.sock'), resolve));
    const { port } = tcp.address() as AddressInfo;
    const socket = join(work, 'own.sock');
    const paths = { readOnly: [packageFolder], readWrite: [work] };
    argument = { ...paths, packageFolder, work, outside, port, socket, otherPid: process.pid };
  });

  afterAll(() => {
    tcp.close();
    unix.close();
    rmSync(folder, { recursive: true });
  });

  it('reports what holds on this kernel', async () => {
    const { report, ring } = await inChild<{ report: ConfinementReport; ring: boolean }>(
      ({ posix, node: { fs }, attempt, argument }) => {
        const links = fs
          .readdirSync('/proc/self/fd')
          .map((fd) => attempt(() => fs.readlinkSync(`/proc/self/fd/${fd}`)));
        return { ring: links.some((link) => link.includes('io_uring')), report: posix.confineProcess(argument) };
      },
      { argument },
    );
    expect(report.noNewPrivileges).toBe(true);
    expect(report.systemCalls).toEqual(ring ? expect.stringContaining('io_uring') : true);
    if (typeof report.landlock === 'string') expect(report.landlock).toMatch(/Landlock/);
    else expect(report.landlock.abi).toBeGreaterThanOrEqual(1);
  });

  it('leaves the package readable, the work folder writable and nothing else', async () => {
    const seen = await inChild<Record<string, unknown>>(
      ({ posix, node: { fs }, attempt, argument }) => {
        const { packageFolder, work, outside } = argument as Argument;
        const { landlock } = posix.confineProcess(argument);
        return {
          landlock,
          read: attempt(() => fs.readFileSync(`${packageFolder}/model.json`, 'utf8')),
          list: attempt(() => fs.readdirSync(packageFolder)),
          overwrite: attempt(() => fs.writeFileSync(`${packageFolder}/model.json`, '{}')),
          empty: attempt(() =>
            fs.openSync(`${packageFolder}/model.json`, fs.constants.O_RDONLY | fs.constants.O_TRUNC),
          ),
          truncate: attempt(() => fs.truncateSync(`${packageFolder}/model.json`)),
          add: attempt(() => fs.writeFileSync(`${packageFolder}/more`, '')),
          remove: attempt(() => fs.rmSync(`${packageFolder}/model.json`)),
          chmod: attempt(() => fs.chmodSync(`${packageFolder}/model.json`, 0)),
          touch: attempt(() => fs.utimesSync(`${packageFolder}/model.json`, 0, 0)),
          passwd: attempt(() => fs.readFileSync('/etc/passwd', 'utf8')),
          outside: attempt(() => fs.readFileSync(`${outside}/secret`, 'utf8')),
          chmodOutside: attempt(() => fs.chmodSync(outside, 0)),
          write: attempt(() => fs.writeFileSync(`${work}/cache.ort`, 'bytes')),
          makeFolder: attempt(() => fs.mkdirSync(`${work}/deeper`)),
          rename: attempt(() => fs.renameSync(`${work}/cache.ort`, `${work}/deeper/cache.ort`)),
          readBack: attempt(() => fs.readFileSync(`${work}/deeper/cache.ort`, 'utf8')),
          link: attempt(() => fs.symlinkSync('/etc/passwd', `${work}/link`)),
        };
      },
      { argument },
    );
    const { landlock, ...results } = seen as { landlock: { abi: number } | string };
    if (typeof landlock === 'string') return;
    expect(results).toEqual({
      read: '{"name":"Model"}',
      list: ['model.json'],
      overwrite: 'EACCES',
      empty: 'EPERM',
      truncate: 'EACCES',
      add: 'EACCES',
      remove: 'EACCES',
      chmod: 'EPERM',
      touch: 'EPERM',
      passwd: 'EACCES',
      outside: 'EACCES',
      chmodOutside: 'EPERM',
      ...(landlock.abi >= 2 ? {} : { rename: 'EXDEV' }),
      readBack: landlock.abi >= 2 ? 'bytes' : 'ENOENT',
      link: 'EACCES',
    });
    expect(readFileSync(join(packageFolder, 'model.json'), 'utf8')).toBe('{"name":"Model"}');
  });

  it('tells how many threads were there before and go on reading files', async () => {
    const seen = await inChild<{ report: ConfinementReport; read: boolean }>(
      async ({ posix, node: { fs }, argument }) => {
        // The threads that serve asynchronous calls start with the first of them.
        await fs.promises.stat('/');
        const report = posix.confineProcess(argument);
        const read = await fs.promises.readFile('/etc/passwd').then(
          () => true,
          () => false,
        );
        return { report, read };
      },
      { argument },
    );
    const { landlock } = seen.report;
    if (typeof landlock !== 'string') expect(seen.read).toBe(landlock.unboundedThreads > 0);
  });

  it('closes the network, in every thread', async () => {
    const seen = await inChild<Record<string, unknown>>(
      async ({ posix, node: { net, workerThreads }, argument }) => {
        const { port, socket } = argument as Argument;
        const connect = (options: object) =>
          new Promise((resolve) => {
            const client = net.connect(options as never);
            client.once('connect', () => resolve('connected'));
            client.once('error', (error) => resolve((error as NodeJS.ErrnoException).code));
          });
        // One thread that was there before, and one that comes after.
        const code = `
          const { parentPort, workerData } = require('node:worker_threads');
          const net = require('node:net');
          parentPort.on('message', () => {
            const client = net.connect(workerData, '127.0.0.1');
            client.once('connect', () => parentPort.postMessage('connected'));
            client.once('error', (error) => parentPort.postMessage(error.code));
          });`;
        const thread = () => new workerThreads.Worker(code, { eval: true, workerData: port });
        const asked = (worker: InstanceType<typeof workerThreads.Worker>) =>
          new Promise((resolve) => {
            worker.once('message', resolve);
            worker.postMessage('connect');
          });
        const earlier = thread();
        await new Promise((resolve) => earlier.once('online', resolve));
        const before = await connect({ port, host: '127.0.0.1' });
        posix.confineProcess(argument);
        const later = thread();
        const result = {
          before,
          tcp: await connect({ port, host: '127.0.0.1' }),
          tcp6: await connect({ port, host: '::1' }),
          unix: await connect({ path: socket }),
          listen: await new Promise((resolve) => {
            const server = net.createServer();
            server.once('listening', () => resolve('listening'));
            server.once('error', (error) => resolve((error as NodeJS.ErrnoException).code));
            server.listen(0, '127.0.0.1');
          }),
          earlierThread: await asked(earlier),
          laterThread: await asked(later),
        };
        await Promise.all([earlier.terminate(), later.terminate()]);
        return result;
      },
      { argument },
    );
    expect(seen).toEqual({
      before: 'connected',
      tcp: 'EPERM',
      tcp6: 'EPERM',
      unix: 'EPERM',
      listen: 'EPERM',
      earlierThread: 'EPERM',
      laterThread: 'EPERM',
    });
  });

  it('runs no program and reaches no other process', async () => {
    const seen = await inChild<Record<string, unknown>>(
      ({ posix, node: { childProcess }, native, attempt, argument }) => {
        const { otherPid } = argument as Argument;
        const libc = native.koffi().load('libc.so.6');
        const fork = libc.func('int fork()') as () => number;
        const execve = libc.func('int execve(const char *path, void *words, void *environment)') as (
          ...all: unknown[]
        ) => number;
        const ptrace = libc.func('long ptrace(long request, int pid, long a, long b)') as (...all: number[]) => number;
        const prctl = libc.func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)') as (
          ...all: number[]
        ) => number;
        const unshare = libc.func('int unshare(int flags)') as (flags: number) => number;
        posix.confineProcess(argument);
        const { error, status } = childProcess.spawnSync('/bin/true');
        return {
          spawn: (error as NodeJS.ErrnoException | undefined)?.code ?? status,
          fork: fork(),
          execve: execve('/bin/true', null, null),
          ptrace: ptrace(16, otherPid, 0, 0),
          unshare: unshare(0x1000_0000),
          survive: prctl(1, 0, 0, 0, 0),
          signal: attempt(() => process.kill(otherPid, 0)),
          group: attempt(() => process.kill(0, 0)),
          itself: attempt(() => process.kill(process.pid, 0)),
        };
      },
      { argument },
    );
    expect(seen).toEqual({
      spawn: 'EPERM',
      fork: -1,
      execve: -1,
      ptrace: -1,
      unshare: -1,
      survive: -1,
      signal: 'EPERM',
      group: 'EPERM',
      itself: true,
    });
  });

  it('denies the kernel its inner doors', async () => {
    const seen = await inChild<Record<string, string>>(
      ({ posix, native, argument }) => {
        const koffi = native.koffi();
        const libc = koffi.load('libc.so.6');
        const declare = (prototype: string) => libc.func(prototype) as (...all: unknown[]) => number;
        const calls = {
          mount: declare('int mount(const char *a, const char *b, const char *c, ulong d, void *e)'),
          shmget: declare('int shmget(int a, size_t b, int c)'),
          setpriority: declare('int setpriority(int a, int b, int c)'),
          chroot: declare('int chroot(const char *a)'),
          sethostname: declare('int sethostname(const char *a, size_t b)'),
        };
        posix.confineProcess(argument);
        const results = {
          mount: calls.mount('none', '/tmp', 'tmpfs', 0, null),
          shmget: calls.shmget(0, 4096, 0o1600),
          setpriority: calls.setpriority(0, 0, 19),
          chroot: calls.chroot('/tmp'),
          sethostname: calls.sethostname('x', 1),
        };
        return { ...results, errno: koffi.errno() };
      },
      { argument },
    );
    expect(seen).toEqual({ mount: -1, shmget: -1, setpriority: -1, chroot: -1, sethostname: -1, errno: 1 });
  });

  it.each(['before', 'after'])('lets ONNX Runtime, sharp and WebAssembly work that were loaded %s it', async (when) => {
    const seen = await inChild<Record<string, unknown>>(
      async ({ posix, node: { fs }, native, argument }) => {
        const { when, models, image, access } = argument as {
          when: string;
          models: string;
          image: string;
          access: { readOnly: string[]; readWrite: string[] };
        };
        if (when === 'before') {
          native.onnxruntime();
          native.sharp();
        }
        const report = posix.confineProcess(access);
        const { InferenceSession, Tensor } = native.onnxruntime();
        const session = await InferenceSession.create(fs.readFileSync(`${models}/model.onnx`), {
          intraOpNumThreads: 2,
        });
        const byPath = await InferenceSession.create(`${models}/model.int8.onnx`);
        const [input] = session.inputMetadata;
        const shape = (input as { shape: readonly (number | string)[] }).shape.map((side) =>
          typeof side === 'number' ? side : 1,
        );
        const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
        const tensor = () => new Tensor('float32', values, shape);
        const outputs = await session.run({ [input!.name]: tensor() });
        await byPath.run({ [byPath.inputNames[0]!]: tensor() });
        const picture = await native.sharp()(fs.readFileSync(image)).resize(64, 64).raw().toBuffer();
        const webAssembly = (
          globalThis as unknown as {
            WebAssembly: {
              Module: new (bytes: Uint8Array) => object;
              Instance: new (module: object) => { exports: { answer: () => number } };
            };
          }
        ).WebAssembly;
        // (module (func (export "answer") (result i32) i32.const 42))
        const bytes = Uint8Array.from(
          '00 61 73 6d 01 00 00 00 01 05 01 60 00 01 7f 03 02 01 00 07 0a 01 06 61 6e 73 77 65 72 00 00 0a 06 01 04 00 41 2a 0b'
            .split(' ')
            .map((byte) => parseInt(byte, 16)),
        );
        const { answer } = new webAssembly.Instance(new webAssembly.Module(bytes)).exports;
        return {
          bounded: report.noNewPrivileges,
          scores: Object.values(outputs)[0]!.data.length,
          pixels: picture.length,
          answer: answer(),
        };
      },
      {
        argument: {
          when,
          models: MODELS,
          image: join(PROJECT, 'artifacts/samples/part-gear.jpg'),
          access: {
            readOnly: [MODELS, join(PROJECT, 'artifacts/samples'), ...(when === 'after' ? LIBRARIES : [])],
            readWrite: [work],
          },
        },
      },
    );
    expect(seen).toMatchObject({ bounded: true, pixels: 64 * 64 * 3, answer: 42 });
    expect(seen['scores']).toBeGreaterThan(1);
  });

  it('lets a process end by its own hand and by its parent', async () => {
    const aborted = await startChild(
      ({ posix, argument }) => {
        posix.confineProcess(argument);
        process.abort();
      },
      { argument },
    );
    expect(await aborted.exit).toBe('SIGABRT');
  });

  it('refuses a path that does not exist before anything is taken away', async () => {
    const seen = await inChild<unknown>(
      ({ posix, node: { fs }, attempt, argument }) => [
        attempt(() => posix.confineProcess(argument)),
        attempt(() => fs.readFileSync('/etc/passwd').length > 0),
      ],
      { argument: { readOnly: ['/does/not/exist'], readWrite: [] } },
    );
    expect(seen).toEqual(['confinement.path-missing', true]);
  });
});
