import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import type { GraphSpec } from '../../testing/vision/onnx-builder.ts';
import type { EdgeClient } from '../../testing/edge-manager/client.ts';
import { bytesOf, floatsOf, rawBytes, tensorOf } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { bareModel, identity } from '../../testing/edge-manager/models.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let agent: EdgeAgent;
let client: EdgeClient;

beforeAll(async () => {
  folder = await temporaryFolder();
  agent = await EdgeAgent.start(folder.path, { MaxMessageMB: 8, QueueLength: 500 });
  client = agent.client();
});
afterAll(async () => {
  await agent.stop();
  await folder.remove();
});

async function load(name: string, graph: GraphSpec): Promise<void> {
  const url = await bareModel(path.join(folder.path, name), graph);
  await client.call('LoadModel', { url, name });
}

const metadata = (name: string, data_type: string, shape: readonly number[]) => ({
  name: bytesOf(name),
  data_type,
  shape,
});
const refused = (code: number, details: RegExp) => ({ code, details: expect.stringMatching(details) as string });
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;

describe('Predict', () => {
  it.each([
    ['UINT8', 0, 'uint8', Uint8Array.of(0, 1, 254, 255)],
    ['INT16', 1, 'int16', Int16Array.of(-32768, -1, 0, 32767)],
    ['INT32', 2, 'int32', Int32Array.of(-2147483648, -1, 0, 2147483647)],
    ['INT64', 3, 'int64', BigInt64Array.of(-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n)],
    // 1, -2, the largest number, infinity.
    ['FLOAT16', 4, 'float16', Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x7c00)],
    ['FLOAT32', 5, 'float32', Float32Array.of(1.5, -0, 3.4028234663852886e38, Number.POSITIVE_INFINITY)],
    ['FLOAT64', 6, 'float64', Float64Array.of(1.5, -0, Number.MAX_VALUE, Number.NaN)],
  ] as const)('row 77: takes and gives %s (%i), little-endian and row-major', async (data_type, code, type, data) => {
    await load(`t-${type}`, identity(type, [2, 2]));
    const byName = await client.call('Predict', {
      name: `t-${type}`,
      tensors: [tensorOf('input', data_type, [2, 2], data)],
    });
    expect(byName.tensors).toEqual([
      { tensor_metadata: metadata('output', data_type, [2, 2]), byte_data: Buffer.from(rawBytes(data)) },
    ]);
    const byNumber = await client.call('Predict', {
      name: `t-${type}`,
      tensors: [
        { tensor_metadata: { name: bytesOf('input'), data_type: code, shape: [2, 2] }, byte_data: rawBytes(data) },
      ],
    });
    expect(byNumber).toEqual(byName);
  });

  it('gives types that the protocol lacks as integers of the same width', async () => {
    await load('t-bool', identity('bool', [3]));
    const { model } = await client.call('DescribeModel', { name: 't-bool' });
    expect(model.input_tensor_metadatas[0]).toMatchObject({ data_type: 'UINT8', shape: [3] });
    const { tensors } = await client.call('Predict', {
      name: 't-bool',
      tensors: [tensorOf('input', 'UINT8', [3], Uint8Array.of(1, 0, 1))],
    });
    expect(tensors[0]).toMatchObject({
      tensor_metadata: { data_type: 'UINT8', shape: [3] },
      byte_data: Buffer.of(1, 0, 1),
    });
  });

  it('row 78: takes tensors without metadata in the order of the inputs', async () => {
    await load('plain', identity('float32', ['batch', 2]));
    const two = { byte_data: rawBytes(Float32Array.of(1, 2, 3, 4)) };
    const { tensors } = await client.call('Predict', { name: 'plain', tensors: [two] });
    expect(tensors[0]?.tensor_metadata.shape).toEqual([2, 2]);
    expect([...floatsOf(tensors[0]!)]).toEqual([1, 2, 3, 4]);
    const nameOnly = { ...two, tensor_metadata: { name: bytesOf('input') } };
    expect((await client.call('Predict', { name: 'plain', tensors: [nameOnly] })).tensors).toEqual(tensors);
  });

  describe('row 79: answers INVALID_ARGUMENT', () => {
    const four = Float32Array.of(1, 2, 3, 4);
    beforeAll(() => load('strict', identity('float32', [2, 2])));

    it.each([
      ['another data type', [tensorOf('input', 'FLOAT64', [2, 2], new Float64Array(4))], /takes FLOAT32, not FLOAT64/],
      ['an unknown data type', [tensorOf('input', 17 as never, [2, 2], four)], /takes FLOAT32, not 17/],
      [
        'too few bytes',
        [tensorOf('input', 'FLOAT32', [2, 2], four.subarray(1))],
        /has 12 bytes, but \[2, 2\] of FLOAT32 are 16 bytes/,
      ],
      ['too many bytes', [tensorOf('input', 'FLOAT32', [2, 2], new Float32Array(5))], /has 20 bytes/],
      ['no bytes', [{ tensor_metadata: metadata('input', 'FLOAT32', [2, 2]) }], /has 0 bytes/],
      [
        'a shape of another number of elements',
        [tensorOf('input', 'FLOAT32', [3, 2], new Float32Array(6))],
        /takes \[2, 2\], not \[3, 2\]/,
      ],
      ['a negative side', [tensorOf('input', 'FLOAT32', [-2, -2], four)], /takes \[2, 2\], not/],
      [
        'another name',
        [tensorOf('data', 'FLOAT32', [2, 2], four)],
        /does not have an input "data"; its inputs are "input"/,
      ],
      ['a name that is not UTF-8', [tensorOf(Uint8Array.of(0xff), 'FLOAT32', [2, 2], four)], /does not have an input/],
      [
        'an input twice',
        [tensorOf('input', 'FLOAT32', [2, 2], four), tensorOf('input', 'FLOAT32', [2, 2], four)],
        /given twice/,
      ],
      [
        'one tensor too many',
        [tensorOf('input', 'FLOAT32', [2, 2], four), { byte_data: rawBytes(four) }],
        /no such input/,
      ],
      ['no tensors', [], /lacks "input"/],
    ])('to %s', async (_what, tensors, details) => {
      await expect(client.call('Predict', { name: 'strict', tensors })).rejects.toMatchObject(
        refused(INVALID_ARGUMENT, details),
      );
      const good = await client.call('Predict', {
        name: 'strict',
        tensors: [tensorOf('input', 'FLOAT32', [2, 2], four)],
      });
      expect([...floatsOf(good.tensors[0]!)]).toEqual([...four]);
    });

    it('to a call that names no model, and NOT_FOUND to one that names another', async () => {
      await expect(client.call('Predict', {})).rejects.toMatchObject(
        refused(INVALID_ARGUMENT, /neither name nor handle/),
      );
      await expect(client.call('Predict', { name: 'nobody' })).rejects.toMatchObject(refused(NOT_FOUND, /"nobody"/));
    });
  });

  it('row 79: takes another shape of as many elements if no side but the batch is free, and warns once', async () => {
    await load('fixed', identity('float32', [1, 2, 3]));
    await load('batched', identity('float32', ['n', 2, 3]));
    await load('free', identity('float32', [1, 'h', 3]));
    const ask = (name: string, shape: readonly number[], sent: Float32Array) =>
      client.call('Predict', { name, tensors: [tensorOf('input', 'FLOAT32', shape, sent)] });
    const six = Float32Array.of(1, 2, 3, 4, 5, 6);
    const twelve = Float32Array.of(...six, ...six.map((value) => -value));
    for (const [name, declared, sent, takenAs] of [
      ['fixed', [1, 3, 2], six, [1, 2, 3]],
      ['fixed', [1, 3, 2], six, [1, 2, 3]],
      ['batched', [1, 3, 2], six, [1, 2, 3]],
      ['batched', [2, 3, 2], twelve, [2, 2, 3]],
      ['batched', [2, 6], twelve, [2, 2, 3]],
    ] as const) {
      const { tensors } = await ask(name, declared, sent);
      expect(tensors[0]?.tensor_metadata.shape).toEqual(takenAs);
      expect([...floatsOf(tensors[0]!)]).toEqual([...sent]);
    }
    const refusals = [
      ['free', [1, 3, 2], six],
      ['batched', [6, 1, 1], six],
      ['batched', [0, 3, 2], new Float32Array(0)],
      ['batched', [2, 3, 2], six],
    ] as const;
    for (const [name, declared, sent] of refusals) {
      await expect(ask(name, declared, sent)).rejects.toMatchObject(refused(INVALID_ARGUMENT, /takes \[|has 24 bytes/));
    }
    const warnings = agent.process.lines.filter((line) => line.includes('edge-manager.other-shape'));
    expect(warnings.map((line) => JSON.parse(line) as object)).toMatchObject(
      ['fixed', 'batched'].map((model) => ({
        level: 'warn',
        model,
        declared: [1, 3, 2],
        takenAs: [1, 2, 3],
        ...(process.platform === 'linux' ? { pid: process.pid } : {}),
      })),
    );
  });

  it('row 80: matches inputs by name or place, and answers in the order of the outputs', async () => {
    const pair = { type: 'float32', shape: [2] } as const;
    await load('several', {
      inputs: [
        { name: 'b', ...pair },
        { name: 'a', ...pair },
      ],
      // Names like numbers: objects would sort them.
      outputs: [
        { name: '10', ...pair },
        { name: '2', ...pair },
      ],
      nodes: [
        { op: 'Sub', inputs: ['b', 'a'], outputs: ['10'] },
        { op: 'Add', inputs: ['b', 'a'], outputs: ['2'] },
      ],
    });
    const [b, a] = [Float32Array.of(10, 20), Float32Array.of(1, 2)];
    const [first, second] = [tensorOf('b', 'FLOAT32', [2], b), tensorOf('a', 'FLOAT32', [2], a)];
    const orders = [
      [first, second],
      [second, first],
      [{ byte_data: rawBytes(b) }, { byte_data: rawBytes(a) }],
    ];
    for (const tensors of orders) {
      const answer = await client.call('Predict', { name: 'several', tensors });
      expect(answer.tensors.map((tensor) => [tensor.tensor_metadata.name.toString(), ...floatsOf(tensor)])).toEqual([
        ['10', 9, 18],
        ['2', 11, 22],
      ]);
    }
    const { model } = await client.call('DescribeModel', { name: 'several' });
    expect(model.input_tensor_metadatas.map(({ name }) => name.toString())).toEqual(['b', 'a']);
    expect(model.output_tensor_metadatas.map(({ name }) => name.toString())).toEqual(['10', '2']);
  });

  it('row 83: answers concurrent calls of several clients, each its own', async () => {
    await load('echo', identity('float32', [1, 256]));
    const clients = [client, agent.client(), agent.client('2020'), agent.client('2021')];
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const tensor = tensorOf('input', 'FLOAT32', [1, 256], new Float32Array(256).fill(n));
        const { tensors } = await clients[n % clients.length]!.call('Predict', { name: 'echo', tensors: [tensor] });
        return new Set(floatsOf(tensors[0]!));
      }),
    );
    expect(answers).toEqual(answers.map((_, n) => new Set([n])));
  });

  it.skipIf(process.platform !== 'linux')(
    'row 84: needs no network: the agent has no socket but Unix sockets',
    async () => {
      await load('offline', identity('float32', [1]));
      await client.call('Predict', {
        name: 'offline',
        tensors: [tensorOf('input', 'FLOAT32', [1], Float32Array.of(1))],
      });
      const { pid } = agent.process;
      const own = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketInode(`/proc/${pid}/fd/${fd}`));
      const network = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) => inodesOf(`/proc/${pid}/net/${kind}`));
      expect(own.length).toBeGreaterThan(0);
      expect(own.filter((inode) => network.includes(inode))).toEqual([]);
    },
  );

  it('row 86: takes messages over 4 MB, up to the configured size', async () => {
    await load('large', identity('float32', ['n', 1024]));
    const sent = Float32Array.from({ length: 1_500 * 1024 }, (_, n) => n);
    const { tensors } = await client.call('Predict', {
      name: 'large',
      tensors: [tensorOf('input', 'FLOAT32', [1_500, 1024], sent)],
    });
    expect(tensors[0]?.tensor_metadata.shape).toEqual([1_500, 1024]);
    expect(Buffer.compare(tensors[0]!.byte_data, rawBytes(sent))).toBe(0);
    const tooLarge = tensorOf('input', 'FLOAT32', [2_100, 1024], new Float32Array(2_100 * 1024));
    await expect(client.call('Predict', { name: 'large', tensors: [tooLarge] })).rejects.toMatchObject({
      code: RESOURCE_EXHAUSTED,
    });
  });

  it('gives up what its client no longer waits for', async () => {
    await load('quick', identity('float32', [1]));
    const tensors = [tensorOf('input', 'FLOAT32', [1], Float32Array.of(1))];
    await expect(
      client.call('Predict', { name: 'quick', tensors }, { deadline: Date.now() - 1 }),
    ).rejects.toMatchObject({ code: 4 });
    expect((await client.call('Predict', { name: 'quick', tensors })).tensors).toHaveLength(1);
  });
});

function socketInode(file: string): readonly string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(file))?.slice(1) ?? [];
  } catch {
    return []; // closed meanwhile
  }
}

/** Column 10 of proc(5) net tables is the inode. */
function inodesOf(table: string): readonly string[] {
  const rows = readFileSync(table, 'latin1').trim().split('\n').slice(1);
  return rows.map((row) => row.trim().split(/\s+/)[9] ?? '');
}
