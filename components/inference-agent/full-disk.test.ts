import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAgentClient } from '#packages/http';
import type { AgentClient, ModelStatus } from '#packages/http';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { samplePackage } from '../../testing/agent/sample-package.ts';
import { canMount, mountedDisk } from '../../testing/agent/small-disk.ts';
import type { SmallDisk } from '../../testing/agent/small-disk.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import type { Child } from '../../testing/process/child.ts';
import { startComponent } from '../../testing/process/start-component.ts';

/** The bundled agent on its own file system, which is filled, and killed as by a loss of power. */
describe.runIf(canMount())('an agent whose disk is full', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let disk: SmallDisk;
  let configuration: string;
  let agent: Child;
  let client: AgentClient;

  beforeEach(async () => {
    folder = await temporaryFolder();
    configuration = join(folder.path, 'configuration.json');
    await writeFile(configuration, JSON.stringify({ MinFreeDiskMB: 0, Workers: 1 }));
    disk = mountedDisk(join(folder.path, 'work'), 16 * 1024 ** 2);
    await start();
  });
  afterEach(async () => {
    await kill();
    disk.remove();
    await folder.remove();
  });

  async function start(): Promise<void> {
    agent = await startComponent('inference-agent', {
      workFolder: disk.folder,
      words: ['--configuration', configuration],
    });
    await agent.line(/"event":"agent.ready"/);
    client = createAgentClient({ socketPath: join(disk.folder, 'agent.sock'), timeoutMs: PATIENCE_MS });
  }

  async function kill(): Promise<void> {
    client.close();
    await agent.end('SIGKILL');
  }

  const activate = async (version: string) =>
    client.activate({ path: await samplePackage(join(folder.path, version), version) });
  const model = async (): Promise<ModelStatus | undefined> => (await client.models())[0];

  it('serves what was swapped in, restarts with what it remembers, and remembers the swap once there is room', async () => {
    await activate('1.0.0');
    disk.fill();
    expect(await activate('2.0.0')).toMatchObject({ notKept: { restores: { version: '1.0.0' } } });
    expect(await model()).toMatchObject({ version: '2.0.0', notKept: { error: { code: 'store.write-failed' } } });

    await kill();
    await start();
    expect(await model()).toMatchObject({ version: '1.0.0' });

    await activate('2.0.0');
    disk.makeRoom();
    await agent.line(/"event":"model.kept"/);
    expect(await model()).not.toHaveProperty('notKept');
    await kill();
    await start();
    expect(await model()).toMatchObject({ version: '2.0.0' });
  });
});
