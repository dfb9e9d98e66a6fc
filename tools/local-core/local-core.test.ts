import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#packages/foundation';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { staticCredentials } from './credentials/provider.ts';
import { coreRig } from '../../testing/local-core/core-rig.ts';
import type { CoreRig } from '../../testing/local-core/core-rig.ts';
import type { Child } from '../../testing/process/child.ts';
import { startScript } from '../../testing/process/start-component.ts';
import { processTable } from './lifecycle/process-table.ts';
import { LocalCore } from './local-core.ts';
import type { LocalCoreOptions } from './core-options.ts';
import type { LocalDeploymentRequest } from './ports.ts';

const LOOP = { run: 'echo "up $$"; exec sleep 1000' };

let rig: CoreRig;
let cores: LocalCore[];
let children: Child[];

beforeEach(async () => {
  rig = await coreRig();
  cores = [];
  children = [];
});

afterEach(async () => {
  for (const core of cores) await core.stop();
  await Promise.all(children.map((child) => child.end('SIGKILL')));
  await rig.close();
});

async function start(options: Partial<LocalCoreOptions> = {}): Promise<LocalCore> {
  const core = await LocalCore.start({ root: rig.paths.root, mqtt: false, ...options });
  cores.push(core);
  return core;
}

function request(roots: Record<string, string>): LocalDeploymentRequest {
  return {
    recipeDirectoryPath: rig.recipes,
    artifactsDirectoryPath: rig.artifacts,
    rootComponentVersionsToAdd: roots,
  };
}

/** Reads lines of a component as they come. */
function linesOf(core: LocalCore): string[] {
  const lines: string[] = [];
  core.onLine(({ component, text }) => lines.push(`${component} ${text}`));
  return lines;
}

function environmentOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line) => line.slice(line.indexOf(' ') + 1)).map((pair) => pair.split(/=(.*)/s));
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]));
}

/** A core in its own process, and the lines that it prints. */
function startProcess(deployment?: LocalDeploymentRequest): Child {
  const script = fileURLToPath(new URL('../../testing/local-core/core-process.mts', import.meta.url));
  const words = [rig.paths.root, ...(deployment === undefined ? [] : [JSON.stringify(deployment)])];
  const child = startScript(script, words, { environment: process.env, stdin: 'pipe' });
  children.push(child);
  return child;
}

describe('LocalCore', () => {
  it('deploys, tells of states and lines, waits for states, and leaves nothing behind', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: LOOP });
    const core = await start();
    const lines = linesOf(core);
    const states: string[] = [];
    core.onState(({ from, to }) => states.push(`${from} ${to}`));

    const outcome = await core.deploy(request({ 'a.A': '1.0.0' }));
    const running = await core.waitFor('a.A', 'RUNNING', AbortSignal.timeout(PATIENCE_MS));
    await vi.waitUntil(() => lines.length > 0, { timeout: PATIENCE_MS });
    await core.stop();
    await core.stop();

    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    expect(running).toMatchObject({ componentName: 'a.A', version: '1.0.0' });
    expect(states).toEqual([
      'NEW INSTALLED',
      'INSTALLED STARTING',
      'STARTING RUNNING',
      'RUNNING STOPPING',
      'STOPPING FINISHED',
    ]);
    const pid = Number(lines[0]?.split(' ').at(-1));
    expect(processTable().map((row) => row.pid)).not.toContain(pid);
    expect(await readdir(rig.paths.root)).toEqual(['cli_ipc_info', 'config', 'logs', 'packages', 'work']);
    expect(await readdir(rig.paths.cliInfo)).toEqual([]);
    await expect(core.deploy(request({}))).rejects.toMatchObject({ code: 'core.stopped' });
  });

  it('gives components the environment of a nucleus, and of its own only what a device has too', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: { run: 'env' } });
    process.env.SECRET_OF_THE_DEVELOPER = 'x';
    const core = await start({
      thingName: 'line-7',
      region: 'eu-west-1',
      environment: { EXTRA: 'yes' },
      tokenExchange: { provider: staticCredentials(systemClock) },
    });
    const lines = linesOf(core);
    await core.deploy(request({ 'a.A': '1.0.0' }));
    await core.waitFor('a.A', 'FINISHED', AbortSignal.timeout(PATIENCE_MS));

    const environment = environmentOf(lines);
    const token = environment.SVCUID ?? '';
    expect(token).toMatch(/^[A-Z0-9]{16}$/);
    expect(core.nucleus.componentOfToken(token)).toBe('a.A');
    expect(environment).toMatchObject({
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
      AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH: path.join(rig.paths.root, 'ipc.socket'),
      AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: path.join(rig.paths.root, 'ipc.socket'),
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_IOT_THING_NAME: 'line-7',
      GGC_VERSION: '2.17.0',
      GG_ROOT_CA_PATH: '',
      EXTRA: 'yes',
      PWD: rig.paths.work('a.A'),
    });
    expect(environment.AWS_CONTAINER_CREDENTIALS_FULL_URI).toMatch(
      /^http:\/\/localhost:\d+\/2016-11-01\/credentialprovider\/$/,
    );
    expect(environment).not.toHaveProperty('SECRET_OF_THE_DEVELOPER');
    delete process.env.SECRET_OF_THE_DEVELOPER;
  });

  it('tells command-line clients how to reach it, in a file for the owner alone', async () => {
    const core = await start();
    const [name = ''] = await readdir(rig.paths.cliInfo);
    const file = path.join(rig.paths.cliInfo, name);
    const info = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;

    expect(core.nucleus.componentOfToken(info.cli_auth_token ?? '')).toBe('aws.greengrass.Cli');
    expect(info.domain_socket_path).toBe(path.join(rig.paths.root, 'ipc.socket'));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('listens in a short place where its own path is too long for a socket', async () => {
    const root = path.join(rig.folder, 'long'.repeat(40), 'root');
    await rig.recipe('a.A', '1.0.0', {
      lifecycle: {
        run: 'test -S "$AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT" && echo "$AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT"',
      },
    });
    const core = await start({ root });
    const lines = linesOf(core);
    await core.deploy(request({ 'a.A': '1.0.0' }));
    await core.waitFor('a.A', 'FINISHED', AbortSignal.timeout(PATIENCE_MS));
    const { socketPath } = core.ipc;
    await core.stop();

    expect(lines).toEqual(['a.A ../../ipc.socket']);
    expect(Buffer.byteLength(socketPath)).toBeLessThan(100);
    expect(existsSync(path.dirname(socketPath))).toBe(false);
  });

  it('says why a state is not reached', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: { startup: 'echo no; exit 1' } });
    const core = await start();
    const gone = core.waitFor('b.B', 'RUNNING', AbortSignal.timeout(50));
    await expect(gone).rejects.toThrow('b.B did not become RUNNING: it is not deployed');

    await core.deploy(request({ 'a.A': '1.0.0' }));
    await expect(core.waitFor('a.A', 'RUNNING')).rejects.toThrow(
      'a.A did not become RUNNING: it is BROKEN (startup: exit code 1; last line: no)',
    );
  });

  it('lets one core at a time work on a root', async () => {
    await start();

    await expect(LocalCore.start({ root: rig.paths.root, mqtt: false })).rejects.toMatchObject({
      code: 'core.root-in-use',
    });
  });

  it('ends what it had started if it cannot start', async () => {
    await mkdir(path.join(rig.paths.root, 'config'), { recursive: true });
    await writeFile(path.join(rig.paths.config, 'deployed.json'), '{"groups": 1}');

    await expect(start()).rejects.toMatchObject({ code: 'configuration.unreadable' });
    await rm(path.join(rig.paths.config, 'deployed.json'));
    await start();
  });

  it('starts again what was deployed, with its configuration', async () => {
    await rig.recipe('a.A', '1.0.0', {
      configuration: { rate: 1 },
      lifecycle: { install: 'echo installed', run: 'echo "rate {configuration:/rate}"; exec sleep 1000' },
    });
    const first = await start();
    await first.deploy({ ...request({ 'a.A': '1.0.0' }), componentToConfiguration: { 'a.A': { MERGE: { rate: 2 } } } });
    await first.stop();

    const second = await start();
    const lines = linesOf(second);
    await second.waitFor('a.A', 'RUNNING', AbortSignal.timeout(PATIENCE_MS));
    await vi.waitUntil(() => lines.includes('a.A rate 2'), { timeout: PATIENCE_MS });

    expect(lines).toContain('a.A installed'); // the nucleus installs at each launch
    expect(second.nucleus.deployments()).toHaveLength(1);
    expect((await second.deploy({ rootComponentsToRemove: ['a.A'] })).status).toBe('SUCCEEDED');
    expect(second.components().some(({ componentName }) => componentName === 'a.A')).toBe(false);
  });
});

describe('a core that is killed', () => {
  const daemon = process.platform === 'linux' ? 'setsid sleep 1000 & ' : '';

  /** The process of a component that writes its number to `pid`, as soon as it has. */
  const pidOf = (name: string): Promise<number> =>
    vi.waitUntil(
      async () => Number(await readFile(path.join(rig.paths.work(name), 'pid'), 'utf8').catch(() => '')) || undefined,
      { timeout: PATIENCE_MS },
    );

  it('leaves no process behind, and the next one goes on', async () => {
    await rig.recipe('a.A', '1.0.0', {
      lifecycle: { run: `${daemon}sleep 1000 & echo $$ > pid; trap '' TERM; while :; do sleep 0.1; done` },
    });
    const child = startProcess(request({ 'a.A': '1.0.0' }));
    await child.line(/^ready$/);
    const pid = await pidOf('a.A');
    const descendants = processTable()
      .filter(({ group }) => group === pid)
      .map((row) => row.pid);
    expect(descendants).toContain(pid);
    await child.end('SIGKILL');

    const core = await start(); // waits for the guardian of the dead one
    const alive = new Set(processTable().map((row) => row.pid));
    expect(descendants.filter((one) => alive.has(one))).toEqual([]);
    await core.waitFor('a.A', 'RUNNING', AbortSignal.timeout(PATIENCE_MS));
    expect(core.nucleus.deployments()).toMatchObject([{ status: 'SUCCEEDED' }]);
  });

  it('in the middle of a deployment has it undone by the next one', async () => {
    await rig.recipe('a.A', '1.0.0', { configuration: { rate: 1 }, lifecycle: LOOP });
    await rig.recipe('a.A', '2.0.0', {
      configuration: { rate: 1, more: 1 },
      lifecycle: { startup: 'touch starting; exec sleep 1000' },
    });
    const first = await start();
    await first.deploy(request({ 'a.A': '1.0.0' }));
    await first.stop();
    const child = startProcess({
      ...request({ 'a.A': '2.0.0' }),
      componentToConfiguration: { 'a.A': { MERGE: { rate: 9 } } },
    });
    await child.line(/^started$/);
    await vi.waitUntil(() => existsSync(path.join(rig.paths.work('a.A'), 'starting')), { timeout: PATIENCE_MS });
    await child.end('SIGKILL');

    const core = await start();
    const found = await core.waitFor('a.A', 'RUNNING', AbortSignal.timeout(PATIENCE_MS));

    expect(found).toMatchObject({ version: '1.0.0' });
    expect(found.configuration).toEqual({ rate: 1 });
    expect(core.nucleus.deployments().at(-1)).toMatchObject({
      status: 'FAILED',
      detailedStatus: 'FAILED_ROLLBACK_COMPLETE',
      error: 'the core ended before the deployment did',
    });
  });

  it('loses its guardian and gets another', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: { run: 'echo $$ > pid; exec sleep 1000' } });
    const child = startProcess(request({ 'a.A': '1.0.0' }));
    await child.line(/^ready$/);
    const lock = async (): Promise<number> =>
      (JSON.parse(await readFile(path.join(rig.paths.root, 'core.lock'), 'utf8')) as { guardian: { pid: number } })
        .guardian.pid;
    const old = await lock();
    const pid = await pidOf('a.A');
    process.kill(old, 'SIGKILL');
    await vi.waitUntil(async () => (await lock()) !== old, { timeout: PATIENCE_MS });
    expect(processTable().some((row) => row.pid === pid)).toBe(true);
    child.kill('SIGKILL');

    await vi.waitUntil(() => !processTable().some((row) => row.pid === pid), { timeout: PATIENCE_MS });
  });

  it('in the middle of a deployment when it is stopped, ends all the same, and the deployment is undone', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: { startup: 'touch starting; exec sleep 1000' } });
    const core = await start();
    const outcome = core.deploy(request({ 'a.A': '1.0.0' }));
    await vi.waitUntil(() => existsSync(path.join(rig.paths.work('a.A'), 'starting')), { timeout: PATIENCE_MS });
    await core.stop();

    expect(await outcome).toMatchObject({ status: 'FAILED', error: 'the core was stopped' });
    const next = await start();
    expect(next.components().some(({ componentName }) => componentName === 'a.A')).toBe(false);
    expect(next.nucleus.configuration.get('a.A', [])).toBeUndefined();
  });

  it('ends well on its own', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: LOOP });
    const child = startProcess(request({ 'a.A': '1.0.0' }));
    await child.line(/^ready$/);
    child.hangUp();
    await child.line(/^stopped$/);

    expect(await child.exit).toBe(0); // nothing keeps the process alive
  });
});
