import { copyFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAgentClient } from '#packages/http';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { makeInbox } from '../../tools/cli/start/collection.ts';
import type { Inbox } from '../../tools/cli/start/collection.ts';
import type { LocalDeploymentRequest } from '../../tools/local-core/ports.ts';
import { providedRuntime } from '../../testing/device/built-collection.ts';
import { AGENT, agentSocket, APP, DETECTOR, deviceFolder, firstDeployment } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { detectorVersion } from '../../testing/device/model-version.ts';
import type { Child } from '../../testing/process/child.ts';
import { pidsBelow } from '../../testing/process/process-facts.ts';
import { startScript } from '../../testing/process/start-component.ts';
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
    const appliedByApp = async () => (await device.log(APP)).split('app.configuration-applied').length;
    const [events, applied] = [device.events.all.length, await appliedByApp()];

    const outcome = await device.deploy({
      componentToConfiguration: {
        [AGENT]: { MERGE: { Services: { 'line-3': { Model: 'PartsDetector' } } } },
        [APP]: { MERGE: { Sources: { inbox: { Services: ['line-3'] } }, Annotate: { Enabled: false } } },
      },
    });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });

    await device.events.having({ event: 'configuration.applied' }, events);
    expect(await ask()).toMatchObject({ service: 'line-3', model: { alias: 'PartsDetector' } });
    await expect.poll(appliedByApp).toBeGreaterThan(applied);
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
  let cores: Child[];

  beforeAll(async () => {
    [folder, cores] = [await deviceFolder(), []];
    root = path.join(folder, 'core');
    inbox = await makeInbox(path.join(folder, 'inbox'));
    await providedRuntime(root);
  });

  afterAll(async () => {
    for (const core of cores) core.kill('SIGKILL');
    await vi.waitUntil(() => pidsBelow(root).length === 0, { timeout: PATIENCE_MS });
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves no process behind, and a new one brings everything back', async () => {
    const first = startCore(root, await firstDeployment(inbox));
    cores.push(first);
    expect(await documentWith(first, 'ready')).toMatchObject({ outcome: { status: 'SUCCEEDED' } });
    expect(await answered(first, 'before.jpg')).toMatchObject({ model: { version: '1.0.0' } });
    const orphans = pidsBelow(root);
    expect(orphans.length).toBeGreaterThanOrEqual(2);

    first.kill('SIGKILL');
    await vi.waitUntil(() => pidsBelow(root).length === 0, { timeout: PATIENCE_MS });

    const second = startCore(root);
    cores.push(second);
    await documentWith(second, 'ready');
    const agent = createAgentClient({ socketPath: agentSocket(root) });
    const active = async (): Promise<unknown> =>
      (await agent.models().catch(() => [])).map(({ alias, state }) => `${alias} ${state}`).sort();
    await expect.poll(active).toEqual(['PartsClassifier active', 'PartsDetector active']);
    agent.close();
    expect(await answered(second, 'after.jpg')).toMatchObject({ model: { version: '1.0.0' } });
    expect(pidsBelow(root).filter((pid) => orphans.includes(pid))).toEqual([]);

    second.hangUp();
    const code = await second.exit;
    expect(code).toBe(0);
    expect(pidsBelow(root)).toEqual([]);
  });

  async function answered(core: Child, name: string): Promise<unknown> {
    await copyFile(sample('belt-01.jpg'), path.join(inbox.scenes, name));
    return (await documentWith(core, 'result', ({ image }) => image === name))['result'];
  }
});

type Document = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Waits for a line with this key, whose value is as wanted. */
async function documentWith(
  core: Child,
  key: string,
  isWanted: (value: Readonly<Record<string, unknown>>) => boolean = () => true,
): Promise<Document> {
  const read = (line: string): Document => (line.startsWith('{') ? (JSON.parse(line) as Document) : {});
  const line = await core.line((one) => {
    const value = read(one)[key];
    return value !== undefined && isWanted(value);
  });
  return read(line);
}

function startCore(root: string, deployment?: LocalDeploymentRequest): Child {
  const script = path.join(import.meta.dirname, '../../testing/device/core-process.mts');
  const words = [root, ...(deployment ? [JSON.stringify(deployment)] : [])];
  return startScript(script, words, { environment: process.env, stdin: 'pipe' });
}
