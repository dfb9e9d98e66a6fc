import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { EdgeClient, floatsOf, rawBytes } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { HABITS } from '../../testing/edge-manager/habits.ts';
import { bareModel, identity } from '../../testing/edge-manager/models.ts';

/** What applications written for Edge Manager are seen to do. */
describe('habits of clients', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let agent: EdgeAgent;
  let client: EdgeClient;
  let url: string;
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);

  beforeAll(async () => {
    folder = await temporaryFolder();
    agent = await EdgeAgent.start(folder.path);
    client = agent.client('2021');
    url = await bareModel(path.join(folder.path, 'model'), identity('float32', ['n', 2, 3], 'data'));
  });
  afterAll(async () => {
    await agent.stop();
    await folder.remove();
  });

  it.each(HABITS)('$habit ($seenIn)', async (habit) => {
    await habit.run({ agent, client: agent.client(habit.generation), folder: folder.path });
  });

  it('unload first and ignore the error, carry on when the model is there', async () => {
    const start = async (): Promise<void> => {
      await client.call('UnLoadModel', { name: 'start' }).catch(() => undefined);
      await client.call('LoadModel', { url, name: 'start' });
    };
    await start();
    await start();
    const error = await client.call('LoadModel', { url, name: 'start' }).catch(String);
    // One of them looks for the digit in the text of the error.
    expect(error).toContain('6');
  });

  it('copy name, type and shape of the first input from ListModels into Predict, and reshape by the answer', async () => {
    await client.call('LoadModel', { url, name: 'copied' });
    const { models } = await client.call('ListModels');
    const input = models.find(({ name }) => name === 'copied')!.input_tensor_metadatas[0]!;
    const tensor = { tensor_metadata: input, byte_data: rawBytes(values) };
    const { tensors } = await client.call('Predict', { name: 'copied', tensors: [tensor] });
    const { shape } = tensors[0]!.tensor_metadata;
    expect(shape).toEqual([1, 2, 3]);
    expect(floatsOf(tensors[0]!)).toHaveLength(shape.reduce((product, side) => product * side, 1));
  });

  it('connect by unix:/path and unix:///path', async () => {
    for (const target of [`unix:${agent.socketPath}`, `unix://${agent.socketPath}`]) {
      const other = new EdgeClient(target);
      expect((await other.call('ListModels')).models.length).toBeGreaterThan(0);
      other.close();
    }
  });
});
