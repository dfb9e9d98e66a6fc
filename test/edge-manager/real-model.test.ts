import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { visionData } from '../../testing/outside-data/vision-data.ts';
import { floatsOf, rawBytes } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { mobilenetFolder, photoTensor, surePhotos } from '../../testing/edge-manager/photo-tensor.ts';

describe('a real model and real photos, from a client in Node.js', await needs(visionData), () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let agent: EdgeAgent;

  beforeAll(async () => {
    folder = await temporaryFolder();
    agent = await EdgeAgent.start(folder.path);
  });
  afterAll(async () => {
    await agent?.stop();
    await folder?.remove();
  });

  it('give the class that the reference pipeline gives', async () => {
    const client = agent.client('2021');
    const url = await mobilenetFolder(path.join(folder.path, 'mobilenet'));
    await client.call('LoadModel', { url, name: 'mobilenet' });
    const { models } = await client.call('ListModels');
    const input = models[0]!.input_tensor_metadatas[0]!;
    expect(input.shape).toEqual([1, 3, 224, 224]);
    const photos = surePhotos();
    expect(photos.length).toBeGreaterThan(2);
    for (const { photo, index } of photos) {
      const tensor = { tensor_metadata: input, byte_data: rawBytes(await photoTensor(photo)) };
      const { tensors } = await client.call('Predict', { name: 'mobilenet', tensors: [tensor] });
      const scores = floatsOf(tensors[0]!);
      expect(tensors[0]?.tensor_metadata.shape).toEqual([1, scores.length]);
      expect(scores.indexOf(Math.max(...scores)), photo).toBe(index);
    }
  });
});
