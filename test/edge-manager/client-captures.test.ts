import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import type { EdgeClient } from '../../testing/edge-manager/client.ts';
import { bytesOf, floatsOf, rawBytes } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { bareModel, identity } from '../../testing/edge-manager/models.ts';
import { SharedSegment } from '../../testing/edge-manager/shared-segment.ts';

/** How applications written for Edge Manager capture data, as far as they are seen to. */
describe('captures of clients', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let agent: EdgeAgent;
  let client: EdgeClient;
  let url: string;
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);

  beforeAll(async () => {
    folder = await temporaryFolder();
    agent = await EdgeAgent.start(folder.path, {
      DeviceFleetName: 'belts',
      CaptureDataDestination: 'Disk',
      CaptureDataDiskPath: path.join(folder.path, 'captured'),
      CaptureDataPushPeriodSeconds: 1,
      CloudProvider: 'None',
    });
    client = agent.client('2021');
    url = await bareModel(path.join(folder.path, 'model'), identity('float32', ['n', 2, 3], 'data'));
  });
  afterAll(async () => {
    await agent.stop();
    await folder.remove();
  });

  it.each([
    'capture1700000000',
    'captureshm1700000000.123',
    'workflow-1700000000123',
    'capture-Parts-model-1.0-2023-03-14T16:11:30_1-1',
    '0f8fad5b-d9cb-469f-a165-70867728950e',
  ])('capture tensors called input and output, without a time, as %s', async (capture_id) => {
    await client.call('LoadModel', { url, name: 'captured' }).catch(() => undefined);
    const named = (name: string) => ({
      tensor_metadata: { name: bytesOf(name), data_type: 'FLOAT32', shape: [1, 2, 3] },
      byte_data: rawBytes(values),
    });
    await client.call('CaptureData', {
      model_name: 'captured',
      capture_id,
      input_tensors: [named('input')],
      output_tensors: [named('output')],
      inputs: [{ name: 'jpg', encoding: 'BASE64', byte_data: Buffer.from('AAAA') }],
    });
    await expect.poll(async () => (await client.call('GetCaptureDataStatus', { capture_id })).status).toBe('SUCCESS');
  });

  it.skipIf(process.platform !== 'linux')('send one shared memory handle to Predict and to CaptureData', async () => {
    await client.call('LoadModel', { url, name: 'shared' });
    const segment = new SharedSegment(rawBytes(values));
    try {
      const tensor = {
        tensor_metadata: { name: bytesOf('data'), data_type: 'FLOAT32', shape: [1, 2, 3] },
        shared_memory_handle: { segment_id: segment.id },
      };
      const { tensors } = await client.call('Predict', { name: 'shared', tensors: [tensor] });
      expect([...floatsOf(tensors[0]!)]).toEqual([...values]);
      const capture_id = 'captureshm1700000001';
      await client.call('CaptureData', {
        model_name: 'shared',
        capture_id,
        input_tensors: [tensor],
        output_tensors: tensors,
      });
      await expect.poll(async () => (await client.call('GetCaptureDataStatus', { capture_id })).status).toBe('SUCCESS');
    } finally {
      segment.remove();
    }
  });
});
