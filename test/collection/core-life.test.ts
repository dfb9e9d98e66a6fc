import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAgentClient } from '#packages/http';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { makeInbox } from '../../tools/cli/start/collection.ts';
import type { Inbox } from '../../tools/cli/start/collection.ts';
import type { LocalDeploymentRequest } from '../../tools/local-core/ports.ts';
import { AGENT, agentSocket, APP, DETECTOR, deviceFolder, firstDeployment } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { detectorVersion } from '../../testing/device/model-version.ts';
import { pidsBelow } from '../../testing/device/processes.ts';
import { sample } from '../../testing/device/samples.ts';

describe('a collection that runs', () => {
  let device: Device;

  beforeAll(async () => {
    device = await Device.start();
  });

  afterAll(() => device.stop());

  it('takes new settings from a deployment while its processes live on', async () => {
    const pids = [device.pid(AGENT), device.pid(APP)];
    const image = await readFile(sample('belt-01.jpg'));
    const ask = () => device.agent.invoke('line-3', image, { contentType: 'image/jpeg' });
    await expect(ask()).rejects.toMatchObject({ code: 'model.not-found' });

    const outcome = await device.deploy({
      componentToConfiguration: {
        [AGENT]: { MERGE: { Services: { 'line-3': { Model: 'PartsDetector' } } } },
        [APP]: { MERGE: { Sources: { inbox: { Services: ['line-3'] } }, Annotate: { Enabled: false } } },
      },
    });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });

    await device.events.having({ event: 'configuration.applied' });
    expect(await ask()).toMatchObject({ service: 'line-3', model: { alias: 'PartsDetector' } });
    await expect.poll(() => device.log(APP)).toContain('app.configuration-applied');
    await device.drop(image, 'line-3.jpg');
    expect(await device.results.of('line-3.jpg')).toMatchObject({ service: 'line-3' });
    expect([device.pid(AGENT), device.pid(APP)]).toEqual(pids);
  });

  it('refuses settings that are wrong before anything changes, and says which', async () => {
    const pids = [device.pid(AGENT), device.pid(APP)];
    const outcome = await device.deploy({
      componentToConfiguration: { [AGENT]: { MERGE: { QueueLength: 'many' } } },
    });
    expect(outcome).toMatchObject({ status: 'FAILED' });
    expect(outcome.error).toContain('QueueLength');
    expect([device.pid(AGENT), device.pid(APP)]).toEqual(pids);
  });

  it('restarts neither agent nor application nor the other model for a new version of one', async () => {
    const pids = [device.pid(AGENT), device.pid(APP)];
    const moved = new Set<string>();
    const end = device.core.onState(({ component }) => moved.add(component));
    const outcome = await device.deploy(await detectorVersion(device.folder('v1.1.0'), '1.1.0'));
    end();

    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    expect([...moved]).toEqual([DETECTOR]);
    expect([device.pid(AGENT), device.pid(APP)]).toEqual(pids);
  });
});

describe('a core that is killed', () => {
  let folder: string;
  let root: string;
  let inbox: Inbox;
  let cores: Core[];

  beforeAll(async () => {
    [folder, cores] = [await deviceFolder(), []];
    root = path.join(folder, 'core');
    inbox = await makeInbox(path.join(folder, 'inbox'));
  });

  afterAll(async () => {
    for (const { child } of cores) child.kill('SIGKILL');
    await vi.waitUntil(() => pidsBelow(root).length === 0, { timeout: PATIENCE_MS });
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves no process behind, and a new one brings everything back', async () => {
    const first = startCore(root, await firstDeployment(inbox));
    cores.push(first);
    expect(await first.line('ready')).toMatchObject({ outcome: { status: 'SUCCEEDED' } });
    expect(await answered(first, 'before.jpg')).toMatchObject({ model: { version: '1.0.0' } });
    const orphans = pidsBelow(root);
    expect(orphans.length).toBeGreaterThanOrEqual(2);

    first.child.kill('SIGKILL');
    await vi.waitUntil(() => pidsBelow(root).length === 0, { timeout: PATIENCE_MS });

    const second = startCore(root);
    cores.push(second);
    await second.line('ready');
    const agent = createAgentClient({ socketPath: agentSocket(root) });
    const active = async (): Promise<unknown> =>
      (await agent.models().catch(() => [])).map(({ alias, state }) => `${alias} ${state}`).sort();
    await expect.poll(active).toEqual(['PartsClassifier active', 'PartsDetector active']);
    agent.close();
    expect(await answered(second, 'after.jpg')).toMatchObject({ model: { version: '1.0.0' } });
    expect(pidsBelow(root).filter((pid) => orphans.includes(pid))).toEqual([]);

    second.child.stdin?.end();
    const [code] = (await once(second.child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(pidsBelow(root)).toEqual([]);
  });

  async function answered(core: Core, name: string): Promise<unknown> {
    await copyFile(sample('belt-01.jpg'), path.join(inbox.scenes, name));
    const isIt = ({ result }: Line): boolean => result?.['image'] === name;
    return (await vi.waitUntil(() => core.lines.find(isIt), { timeout: PATIENCE_MS, interval: 20 })).result;
  }
});

type Line = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Core {
  readonly child: ChildProcess;
  readonly lines: Line[];
  /** Waits for a line with this key. */
  line(key: string): Promise<Line>;
}

function startCore(root: string, deployment?: LocalDeploymentRequest): Core {
  const script = path.join(import.meta.dirname, '../../testing/device/core-process.mts');
  const words = [root, ...(deployment ? [JSON.stringify(deployment)] : [])];
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line));
  const line = (key: string): Promise<Line> =>
    vi.waitUntil(() => lines.find((one) => key in one), { timeout: PATIENCE_MS, interval: 20 });
  return { child, lines, line };
}
