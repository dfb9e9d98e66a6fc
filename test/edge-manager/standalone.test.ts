import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thisPlatform } from '../../tools/bundle/host-build.ts';
import { projectPaths } from '../../tools/bundle/project.ts';
import { writeStandalone } from '../../tools/cli/local/standalone.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { builtCollection } from '../../testing/device/built-collection.ts';
import { EdgeClient, floatsOf, tensorOf } from '../../testing/edge-manager/client.ts';
import { adder, bareModel } from '../../testing/edge-manager/models.ts';
import { Child } from '../../testing/process/child.ts';

describe.skipIf(process.platform !== 'linux')('the agent without Greengrass', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = (...names: string[]): string => path.join(folder.path, ...names);

  beforeAll(async () => {
    await builtCollection();
    folder = await temporaryFolder();
    await writeStandalone(projectPaths.output, at('standalone'), [thisPlatform()]);
    await mkdir(at('work'));
  });
  afterAll(() => folder.remove());

  it('runs as the old unit started it: -a SOCKET -c CONFIGURATION, stopped by SIGHUP, or killed, and started again', async () => {
    await bareModel(at('model'), adder(1));
    await writeFile(at('agent.json'), JSON.stringify({ sagemaker_edge_core_device_name: 'belt-7', MinFreeDiskMB: 0 }));
    const home = at('standalone', thisPlatform());
    for (const signal of ['SIGHUP', 'SIGKILL', 'SIGHUP'] as const) {
      const words = ['-a', at('edge.sock'), '-c', at('agent.json')];
      const agent = new Child(path.join(home, 'sagemaker_edge_agent_binary'), words, { cwd: at('work') });
      await agent.line(/Server listening on unix:\/\//);
      const client = new EdgeClient(`unix://${at('edge.sock')}`);
      await client.call('LoadModel', { url: '../model', name: 'm' });
      const tensors = [tensorOf('input', 'FLOAT32', [1], Float32Array.of(1))];
      expect(floatsOf((await client.call('Predict', { name: 'm', tensors })).tensors[0]!)[0]).toBe(2);
      client.close();
      expect(await agent.end(signal)).toBe(signal === 'SIGHUP' ? 0 : 'SIGKILL');
      expect(existsSync(at('edge.sock'))).toBe(signal === 'SIGKILL');
    }
  });

  it('comes with a unit and a container file that start it so', async () => {
    const read = (name: string) => readFile(at('standalone', thisPlatform(), name), 'utf8');
    expect(await read('edgeml-agent.service')).toContain(
      '/sagemaker_edge_agent_binary -a ${SOCKET_ADDRESS} -c ${AGENT_CONFIG_FILE_PATH}',
    );
    expect(await read('Containerfile')).toContain('ENTRYPOINT ["/opt/edgeml/sagemaker_edge_agent_binary"]');
  });
});
