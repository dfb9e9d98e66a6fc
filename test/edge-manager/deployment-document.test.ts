import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { projectPaths } from '../../tools/bundle/project.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { LocalCore } from '../../tools/local-core/local-core.ts';
import type { DeploymentOutcome } from '../../tools/local-core/ports.ts';
import { providedRuntime } from '../../testing/device/built-collection.ts';
import { deviceFolder } from '../../testing/device/collection.ts';
import { bytesOf, EdgeClient } from '../../testing/edge-manager/client.ts';
import { bareModel, identity } from '../../testing/edge-manager/models.ts';

/** A deployment document of aws.greengrass.SageMakerEdgeManager with its component's name changed, and nothing else. */
describe('row 120: a deployment document of Edge Manager', () => {
  let folder: string;
  let core: LocalCore;
  let outcome: DeploymentOutcome;
  let socket: string;

  beforeAll(async () => {
    folder = await deviceFolder();
    await providedRuntime(path.join(folder, 'core'));
    socket = path.join(folder, 'edge.sock');
    core = await LocalCore.start({
      root: path.join(folder, 'core'),
      tokenExchange: { provider: staticCredentials(systemClock) },
    });
    outcome = await core.deploy({
      recipeDirectoryPath: path.join(projectPaths.output, 'recipes'),
      artifactsDirectoryPath: path.join(projectPaths.output, 'artifacts'),
      rootComponentVersionsToAdd: { 'edgeml.EdgeManager': '1.3.6' },
      componentToConfiguration: {
        'edgeml.EdgeManager': {
          MERGE: {
            DeviceFleetName: 'plant-2',
            CaptureDataDestination: 'Disk',
            CaptureDataBatchSize: '1',
            UnixSocketName: socket,
          },
        },
      },
    });
  });
  afterAll(async () => {
    await core.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('brings the agent, configured as the old component was', async () => {
    expect(outcome, await logOf(core)).toMatchObject({ status: 'SUCCEEDED' });
    const agentFolder = path.join(core.root, 'work', 'edgeml.InferenceAgent');
    const client = new EdgeClient(`unix://${socket}`, '2022');
    try {
      const url = await bareModel(path.join(folder, 'model'), identity('float32', ['n', 2, 3], 'data'));
      await expect.poll(() => client.call('LoadModel', { url, name: 'parts' })).toBeDefined();
      await client.call('CaptureData', {
        model_name: 'parts',
        capture_id: 'capture-a',
        input_tensors: [
          {
            tensor_metadata: { name: bytesOf('input'), data_type: 'UINT8', shape: [1, 4] },
            byte_data: Buffer.from([1, 2, 3, 4]),
          },
        ],
      });
      const status = async () => (await client.call('GetCaptureDataStatus', { capture_id: 'capture-a' })).status;
      await expect.poll(status).toBe('SUCCESS');
    } finally {
      client.close();
    }
    const handedOver = () => readFile(path.join(agentFolder, 'token-endpoint.json'), 'utf8').catch(() => logOf(core));
    await expect.poll(handedOver).toMatch(/"uri":"http.*credentialprovider/);
  });
});

function logOf(core: LocalCore): Promise<string> {
  return readFile(path.join(core.root, 'logs', 'edgeml.EdgeManager.log'), 'utf8').catch(() => 'no log');
}
