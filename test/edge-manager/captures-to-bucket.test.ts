import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startS3Server } from '../../testing/object-store/s3-server.ts';
import type { S3Server } from '../../testing/object-store/s3-server.ts';
import { startTokenService } from '../../testing/object-store/token-service.ts';
import type { TokenService } from '../../testing/object-store/token-service.ts';
import { bucketContent } from '../../testing/agent/capture/bucket-content.ts';
import { eventsOf } from '../../testing/agent/capture/capture-maker.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { bytesOf, rawBytes } from '../../testing/edge-manager/client.ts';
import type { EdgeClient } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { bareModel, identity } from '../../testing/edge-manager/models.ts';

/** The bundled agent, a client of 2022 over gRPC, and an S3 server: what is captured comes to the bucket. */
describe('captured data on their way to the bucket', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: S3Server;
  let tokens: TokenService;
  let agent: EdgeAgent;
  let client: EdgeClient;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startS3Server('plant-data');
    tokens = await startTokenService();
    agent = await EdgeAgent.start(folder.path, {
      DeviceFleetName: 'plant-2',
      DeviceName: 'belt-7',
      BucketName: 'plant-data',
      CaptureDataBatchSize: '2',
      CaptureDataBufferSize: '30',
      CaptureDataPushPeriodSeconds: '60',
      CaptureDataDestination: 'Cloud',
      S3Endpoint: server.url,
      S3ForcePathStyle: 'true',
    });
    // As edgeml.EdgeManager hands it over; the agent was started before the token exchange service.
    const endpoint = { uri: tokens.url, token: 'svcuid' };
    await writeFile(path.join(agent.workFolder, 'token-endpoint.json'), JSON.stringify(endpoint));
    client = agent.client('2022');
    const url = await bareModel(path.join(folder.path, 'model'), identity('float32', ['n', 2, 3], 'data'));
    await client.call('LoadModel', { url, name: 'parts' });
  });
  afterAll(async () => {
    await agent.stop();
    await tokens.close();
    await server.close();
    await folder.remove();
  });

  const capture = (capture_id: string) =>
    client.call('CaptureData', {
      model_name: 'parts',
      capture_id,
      input_tensors: [
        {
          tensor_metadata: { name: bytesOf('input'), data_type: 'FLOAT32', shape: [1, 1, 2, 3] },
          byte_data: rawBytes(Float32Array.of(1, 2, 3, 4, 5, 6)),
        },
      ],
    });

  it('rows 87, 97 and 121: IN_PROGRESS, then SUCCESS, with keys of the token exchange service', async () => {
    await capture('capture-a');
    expect((await client.call('GetCaptureDataStatus', { capture_id: 'capture-a' })).status).toBe('IN_PROGRESS');
    await capture('capture-b');
    await expect
      .poll(async () => (await client.call('GetCaptureDataStatus', { capture_id: 'capture-b' })).status)
      .toBe('SUCCESS');
    const [[key = '', body] = []] = await bucketContent(server.url, 'plant-data');
    expect(key).toMatch(/^sme-capture\/plant-2\/parts\/\d{4}\/\d\d\/\d\d\/\d\d\/[^/]+\.jsonl$/);
    const events = eventsOf(body?.toString() ?? '');
    expect(events.map(({ eventMetadata }) => [eventMetadata.eventId, eventMetadata.deviceId])).toEqual([
      ['capture-a', 'belt-7'],
      ['capture-b', 'belt-7'],
    ]);
    expect(events[0]?.deviceFleetInputs[0]?.observedContentType).toBe('Tensor[FLOAT32; 1, 1, 2, 3]');
    expect(tokens.tokens).toContain('svcuid');
  });

  it('row 93: what is buffered comes to the bucket when the agent stops', async () => {
    await capture('capture-last');
    expect(await agent.stop()).toBe(0);
    const content = await bucketContent(server.url, 'plant-data');
    const ids = [...content.values()].flatMap((body) =>
      eventsOf(body.toString()).map((event) => event.eventMetadata.eventId),
    );
    expect(ids.sort()).toEqual(['capture-a', 'capture-b', 'capture-last']);
  });
});
