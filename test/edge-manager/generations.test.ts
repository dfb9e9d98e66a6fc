import path from 'node:path';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { floatsOf, rawBytes } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { CLIENT_GENERATIONS } from '../../testing/edge-manager/generations.ts';
import { bareModel, identity } from '../../testing/edge-manager/models.ts';

const ROW = { '2020': 'row 67', '2021': 'row 68', '2022': 'row 69' } as const;
const values = Float32Array.of(3, 1, 2);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let agent: EdgeAgent;
let url: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  agent = await EdgeAgent.start(folder.path);
  url = await bareModel(path.join(folder.path, 'model'), identity('float32', ['n', 3]));
});
afterAll(async () => {
  await agent.stop();
  await folder.remove();
});

describe('the names on the wire', () => {
  const METHODS = [
    'Predict',
    'LoadModel',
    'UnLoadModel',
    'ListModels',
    'DescribeModel',
    'CaptureData',
    'GetCaptureDataStatus',
  ];

  /** Status of a call with an empty message, addressed by its path alone. */
  const statusOf = (wire: Client, at: string): Promise<status> =>
    new Promise((resolve) => {
      const bytes = (value: Buffer): Buffer => value;
      const deadline = new Date(Date.now() + 60_000);
      wire.makeUnaryRequest(at, bytes, bytes, Buffer.alloc(0), { deadline }, (error: ServiceError | null) =>
        resolve(error?.code ?? status.OK),
      );
    });

  it('row 66: are those of the old agent, byte for byte, and no others', async () => {
    const wire = new Client(`unix://${agent.socketPath}`, credentials.createInsecure());
    for (const method of METHODS)
      expect(await statusOf(wire, `/AWS.SageMaker.Edge.Agent/${method}`), method).not.toBe(status.UNIMPLEMENTED);
    for (const other of ['/aws.sagemaker.edge.Agent/ListModels', '/AWS.SageMaker.Edge.Agent/UnloadModel'])
      expect(await statusOf(wire, other), other).toBe(status.UNIMPLEMENTED);
    wire.close();
  });
});

describe.each(CLIENT_GENERATIONS)('a client of %s', (generation) => {
  it(`${ROW[generation]}: loads, lists, describes, predicts and unloads`, async () => {
    const client = agent.client(generation);
    const name = `by-${generation}`;
    const { model } = await client.call('LoadModel', { url, name });
    const [metadata] = model.input_tensor_metadatas;
    expect(metadata?.name).toEqual(generation === '2020' ? 'input' : Buffer.from('input'));
    expect('handle' in model).toBe(generation === '2022');
    expect((await client.call('ListModels')).models).toEqual([model]);
    expect((await client.call('DescribeModel', { name })).model).toEqual(model);
    const tensors = [{ tensor_metadata: metadata!, byte_data: rawBytes(values) }];
    const answer = await client.call('Predict', { name, tensors });
    expect(answer.tensors[0]?.tensor_metadata).toMatchObject({ data_type: 'FLOAT32', shape: [1, 3] });
    expect([...floatsOf(answer.tensors[0]!)]).toEqual([...values]);
    expect(await client.call('UnLoadModel', { name })).toEqual({});
    expect((await client.call('ListModels')).models).toEqual([]);
  });
});

describe('handles', () => {
  it('row 69: name a model in every call', async () => {
    const client = agent.client('2022');
    const { model } = await client.call('LoadModel', { url, name: 'model-a', handle: 'handle-1' });
    expect(model).toMatchObject({ name: 'model-a', handle: 'handle-1' });
    const tensors = [{ byte_data: rawBytes(values) }];
    for (const reference of [{ handle: 'handle-1' }, { name: 'model-a' }, { name: 'model-a', handle: 'handle-1' }]) {
      expect((await client.call('DescribeModel', reference)).model).toEqual(model);
      expect((await client.call('Predict', { ...reference, tensors })).tensors).toHaveLength(1);
    }
    // A client of an older generation finds the same model by its name.
    expect((await agent.client('2020').call('ListModels')).models.map(({ name }) => name)).toEqual(['model-a']);
    await client.call('UnLoadModel', { handle: 'handle-1' });
    await expect(client.call('Predict', { handle: 'handle-1', tensors })).rejects.toMatchObject({ code: 5 });
  });

  it('row 69: alone are name enough', async () => {
    const client = agent.client('2022');
    const { model } = await client.call('LoadModel', { url, handle: 'only-handle' });
    expect(model).toMatchObject({ name: 'only-handle', handle: 'only-handle' });
    await client.call('UnLoadModel', { handle: 'only-handle' });
    await expect(client.call('LoadModel', { url, handle: '-' })).rejects.toMatchObject({ code: 3 });
  });
});
