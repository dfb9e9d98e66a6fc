import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey, signPackage } from '#packages/model-package';
import { createAgentClient } from '#packages/http';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { samplePackage } from '../../testing/agent/sample-package.ts';
import { buildOnnx } from '../../testing/vision/onnx-builder.ts';
import { memoryOfFamily } from '../../testing/process/process-facts.ts';
import { floatsOf, tensorOf } from '../../testing/edge-manager/client.ts';
import type { EdgeClient } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { adder, bareModel, identity, slowModel } from '../../testing/edge-manager/models.ts';

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let agent: EdgeAgent;
let client: EdgeClient;
let sample: string;
const inFolder = (...names: string[]): string => path.join(folder.path, ...names);

beforeAll(async () => {
  folder = await temporaryFolder();
  agent = await EdgeAgent.start(folder.path, {
    Services: { tiny: { LocalInferenceServiceMemoryLimitKB: 1_000 } },
    LocalInferenceServiceTimeoutSeconds: 300,
  });
  client = agent.client();
  sample = await samplePackage(inFolder('sample'), '1.0.0');
});
afterAll(async () => {
  await agent.stop();
  await folder.remove();
});

const statusOf = (call: Promise<unknown>) =>
  call.then(
    () => 0,
    (error: { readonly code: number }) => error.code,
  );
const one = tensorOf('input', 'FLOAT32', [1], Float32Array.of(7));

describe('LoadModel', () => {
  it('row 70: takes a package of ours and answers names, types and shapes', async () => {
    const { model } = await client.call('LoadModel', { url: sample, name: 'sample' });
    expect(model).toMatchObject({ url: sample, name: 'sample', handle: 'sample' });
    expect(model.input_tensor_metadatas).toEqual([
      { name: Buffer.from('images'), data_type: 'FLOAT32', shape: [1, 3, 224, 224] },
    ]);
    expect(model.output_tensor_metadatas.map(({ shape }) => shape)).toEqual([[1, 8]]);
  });

  it('row 70: takes a folder with a model and sagemaker_edge_manifest', async () => {
    const url = await bareModel(inFolder('bare'), identity('float32', [1]));
    const { model } = await client.call('LoadModel', { url, name: 'bare' });
    expect(model).toMatchObject({
      url,
      input_tensor_metadatas: [{ name: Buffer.from('input'), data_type: 'FLOAT32', shape: [1] }],
      output_tensor_metadatas: [{ name: Buffer.from('output'), data_type: 'FLOAT32', shape: [1] }],
    });
  });

  describe('row 71: says why it refuses', () => {
    it('NOT_FOUND if nothing is at the url', async () => {
      for (const url of [inFolder('nowhere'), 's3://bucket/model.tar.gz', '']) {
        expect(await statusOf(client.call('LoadModel', { url, name: 'absent' }))).toBe(NOT_FOUND);
      }
    });

    it('ALREADY_EXISTS if the alias is taken, also by two clients at once', async () => {
      const url = await bareModel(inFolder('twice'), identity('float32', [1]));
      const both = [
        client.call('LoadModel', { url, name: 'twice' }),
        agent.client().call('LoadModel', { url, name: 'twice' }),
      ];
      expect((await Promise.all(both.map(statusOf))).sort()).toEqual([0, ALREADY_EXISTS]);
      expect(await statusOf(client.call('LoadModel', { url, name: 'twice' }))).toBe(ALREADY_EXISTS);
    });

    it('INVALID_ARGUMENT for an alias that is none', async () => {
      for (const name of ['a b', 'ä', 'a/b', '../a', 'a'.repeat(129)]) {
        expect(await statusOf(client.call('LoadModel', { url: sample, name })), name).toBe(INVALID_ARGUMENT);
      }
    });

    it.each([
      ['an empty folder', {}],
      [
        'a model that is none',
        { 'model.onnx': 'text', sagemaker_edge_manifest: '{"metadata":{"model_name":"a","model_version":"1"}}' },
      ],
      ['a manifest that is none', { 'model.onnx': 'text', sagemaker_edge_manifest: '{}' }],
    ])('FAILED_PRECONDITION for %s', async (what, files) => {
      const url = inFolder(what.replaceAll(' ', '-'));
      await mkdir(url);
      for (const [name, text] of Object.entries(files)) await writeFile(path.join(url, name), text);
      expect(await statusOf(client.call('LoadModel', { url, name: 'bad' }))).toBe(FAILED_PRECONDITION);
    });

    it('FAILED_PRECONDITION for what Neo compiled: what it is, and what to export in its place', async () => {
      const url = inFolder('neo');
      await mkdir(url);
      const files = {
        'compiled.so': 'x',
        'compiled.params': 'x',
        'libdlr.so': 'x',
        'compiled.meta': '{"Compilation":{"Framework":"PYTORCH"},"Requirements":{"TargetDevice":"JETSON_XAVIER"}}',
        sagemaker_edge_manifest: '{"metadata":{"model_name":"a","model_version":"1"}}',
      };
      for (const [name, text] of Object.entries(files)) await writeFile(path.join(url, name), text);
      await expect(client.call('LoadModel', { url, name: 'bad' })).rejects.toMatchObject({
        code: FAILED_PRECONDITION,
        details: expect.stringMatching(
          /compiled by SageMaker Neo from PYTORCH for JETSON_XAVIER .*torch\.onnx\.export.*\[package\.compiled-by-neo\]/,
        ) as string,
      });
      // Files that Neo left beside an ONNX file do not matter.
      await bareModel(url, identity('float32', [1]));
      await client.call('LoadModel', { url, name: 'beside-neo' });
    });

    it('FAILED_PRECONDITION for an .onnx file without a manifest, and what to write', async () => {
      const url = await bareModel(inFolder('lone'), identity('float32', [1]));
      await rm(path.join(url, 'sagemaker_edge_manifest'));
      await expect(client.call('LoadModel', { url, name: 'lone' })).rejects.toMatchObject({
        code: FAILED_PRECONDITION,
        details: expect.stringMatching(/holds model\.onnx without .*\[package\.onnx-without-manifest\]/) as string,
      });
      const { model } = await client.call('LoadModel', { url: path.join(url, 'model.onnx'), name: 'lone' });
      expect(model.input_tensor_metadatas).toMatchObject([{ shape: [1] }]);
      expect(await statusOf(client.call('Predict', { name: 'lone', tensors: [one] }))).toBe(0);
    });

    it('FAILED_PRECONDITION for a package that was changed after it was signed', async () => {
      const url = inFolder('changed');
      await cp(sample, url, { recursive: true });
      await signPackage(url, generateKeyPairSync('ed25519').privateKey);
      await writeFile(path.join(url, 'labels.txt'), `${await readFile(path.join(url, 'labels.txt'), 'utf8')}\n`);
      const refusal = client.call('LoadModel', { url, name: 'changed' });
      await expect(refusal).rejects.toMatchObject({
        code: FAILED_PRECONDITION,
        details: expect.stringContaining('labels.txt') as string,
      });
    });

    it('RESOURCE_EXHAUSTED for what needs more memory than it may have', async () => {
      const refusal = client.call('LoadModel', { url: sample, name: 'tiny' });
      await expect(refusal).rejects.toMatchObject({
        code: RESOURCE_EXHAUSTED,
        details: expect.stringContaining('over the limit of 1000 KB') as string,
      });
    });

    it('and leaves the name free', async () => {
      const url = await bareModel(inFolder('retry'), new Uint8Array(10));
      expect(await statusOf(client.call('LoadModel', { url, name: 'retry' }))).toBe(FAILED_PRECONDITION);
      await bareModel(url, identity('float32', [1]));
      expect(await statusOf(client.call('LoadModel', { url, name: 'retry' }))).toBe(0);
    });
  });

  it.each([
    ['a', 0],
    ['a-b', 0],
    ['a--b', 0],
    ['A9', 0],
    ['-a', INVALID_ARGUMENT],
    ['a-', INVALID_ARGUMENT],
    ['a_b', INVALID_ARGUMENT],
    ['', INVALID_ARGUMENT],
  ])('row 72: the alias "%s" gives the status %i', async (name, status) => {
    const url = await bareModel(inFolder('alias'), identity('float32', [1]));
    expect(await statusOf(client.call('LoadModel', { url, name }))).toBe(status);
    if (status === 0) await client.call('UnLoadModel', { name });
  });

  it('row 73: resolves a relative url against the working directory', async () => {
    await bareModel(inFolder('com.example.Model'), identity('float32', [1]));
    const { model } = await client.call('LoadModel', { url: '../com.example.Model', name: 'relative' });
    expect(model.url).toBe(inFolder('com.example.Model'));
  });

  it('takes file:// urls', async () => {
    const url = await bareModel(inFolder('by url'), identity('float32', [1]));
    const { model } = await client.call('LoadModel', { url: pathToFileURL(url).href, name: 'by-url' });
    expect(model.url).toBe(url);
    expect(await statusOf(client.call('LoadModel', { url: 'file://elsewhere/model', name: 'far' }))).toBe(NOT_FOUND);
  });

  it('row 74: holds several models at once, each with its own memory budget', async () => {
    for (const [name, addend] of [
      ['plus1', 1],
      ['plus2', 2],
    ] as const) {
      const url = await bareModel(inFolder(name), adder(addend));
      await client.call('LoadModel', { url, name });
    }
    const answers = await Promise.all(
      ['plus1', 'plus2', 'plus1'].map((name) => client.call('Predict', { name, tensors: [one] })),
    );
    expect(answers.map(({ tensors }) => floatsOf(tensors[0]!)[0])).toEqual([8, 9, 8]);
  });
});

describe('UnLoadModel', () => {
  it('row 75: gives memory back, and answers NOT_FOUND if there is no model', async () => {
    const url = await bareModel(inFolder('heavy'), heavyModel(24 * 1024 ** 2));
    await client.call('LoadModel', { url, name: 'heavy' });
    const loaded = memoryOfFamily(agent.process.pid);
    await client.call('UnLoadModel', { name: 'heavy' });
    await expect.poll(() => memoryOfFamily(agent.process.pid)).toBeLessThan(loaded - 20e6);
    expect(await statusOf(client.call('UnLoadModel', { name: 'heavy' }))).toBe(NOT_FOUND);
    expect(await statusOf(client.call('Predict', { name: 'heavy', tensors: [one] }))).toBe(NOT_FOUND);
    expect(await statusOf(client.call('DescribeModel', { name: 'heavy' }))).toBe(NOT_FOUND);
  });

  it('row 75: lets Predict calls finish that came before it, those that wait too', async () => {
    const url = await bareModel(inFolder('slow'), slowModel());
    await client.call('LoadModel', { url, name: 'slow' });
    // One connection: the calls reach the agent in this order.
    const before = Array.from({ length: 4 }, () => client.call('Predict', { name: 'slow', tensors: [one] }));
    const unloaded = client.call('UnLoadModel', { name: 'slow' });
    const after = client.call('Predict', { name: 'slow', tensors: [one] });
    const statuses = await Promise.all([...before, unloaded, after].map(statusOf));
    expect(statuses).toEqual([0, 0, 0, 0, 0, NOT_FOUND]);
    expect(await statusOf(client.call('LoadModel', { url, name: 'slow' }))).toBe(0);
  });
});

describe('ListModels and DescribeModel', () => {
  it('row 76: tell the same of every model', async () => {
    const { models } = await client.call('ListModels');
    expect(models.map(({ name }) => name)).toEqual(expect.arrayContaining(['sample', 'bare']));
    for (const listed of models)
      expect((await client.call('DescribeModel', { name: listed.name })).model).toEqual(listed);
    expect(await statusOf(client.call('DescribeModel', { name: 'nobody' }))).toBe(NOT_FOUND);
  });

  it('row 76: call a free batch 1, and leave the shape empty if another side is free', async () => {
    const load = async (name: string, shape: readonly (number | string)[]) => {
      const url = await bareModel(inFolder(name), identity('float32', shape));
      return (await client.call('LoadModel', { url, name })).model.input_tensor_metadatas;
    };
    expect(await load('free-batch', ['n', 3, 2])).toEqual([
      { name: Buffer.from('input'), data_type: 'FLOAT32', shape: [1, 3, 2] },
    ]);
    expect(await load('free-side', ['n', 'c', 2])).toEqual([
      { name: Buffer.from('input'), data_type: 'FLOAT32', shape: [] },
    ]);
    const tensor = tensorOf('input', 'FLOAT32', [2, 5, 2], new Float32Array(20));
    const { tensors } = await client.call('Predict', { name: 'free-side', tensors: [tensor] });
    expect(tensors[0]?.tensor_metadata.shape).toEqual([2, 5, 2]);
  });

  it('row 85: go on where the name of a tensor is not UTF-8', async () => {
    const bytes = buildOnnx(identity('float32', [1], 'in?put'));
    for (let at = bytes.indexOf(0x3f); at !== -1; at = bytes.indexOf(0x3f, at + 1)) bytes[at] = 0xff;
    const url = await bareModel(inFolder('no-utf8'), bytes);
    const { model } = await client.call('LoadModel', { url, name: 'no-utf8' });
    for (const generation of ['2020', '2021', '2022'] as const) {
      const { models } = await agent.client(generation).call('ListModels');
      expect(models.map(({ name }) => name)).toEqual(expect.arrayContaining(['sample', 'bare', 'no-utf8']));
    }
    const copied = { ...one, tensor_metadata: model.input_tensor_metadatas[0] };
    for (const tensor of [copied, { byte_data: one.byte_data }]) {
      const { tensors } = await client.call('Predict', { name: 'no-utf8', tensors: [tensor] });
      expect(floatsOf(tensors[0]!)[0]).toBe(7);
    }
  });
});

describe('models that a component deployed', () => {
  it('are served to clients, and only the component takes them away', async () => {
    const http = createAgentClient({ socketPath: path.join(agent.workFolder, 'agent.sock') });
    try {
      await http.activate({ path: sample, alias: 'deployed' });
      expect((await client.call('DescribeModel', { name: 'deployed' })).model.name).toBe('deployed');
      // The calls of applications at their start: unload first, load, carry on when it is there.
      expect(await statusOf(client.call('UnLoadModel', { name: 'deployed' }))).toBe(FAILED_PRECONDITION);
      expect(await statusOf(client.call('LoadModel', { url: sample, name: 'deployed' }))).toBe(ALREADY_EXISTS);
      const image = tensorOf('images', 'FLOAT32', [1, 3, 224, 224], new Float32Array(3 * 224 * 224));
      expect(await statusOf(client.call('Predict', { name: 'deployed', tensors: [image] }))).toBe(0);
      const by2022 = await client.call('LoadModel', { handle: 'deployed' });
      expect(by2022.model.name).toBe('deployed');
    } finally {
      http.close();
    }
  });
});

describe('after a restart', () => {
  it('signatures are asked for if the policy says so', async () => {
    const own = await temporaryFolder();
    const strict = await EdgeAgent.start(own.path, {
      SignaturePolicy: 'require',
      TrustedKeys: { other: generateSigningKey().publicKey },
    });
    try {
      const url = await bareModel(path.join(own.path, 'model'), identity('float32', [1]));
      const refusal = strict.client().call('LoadModel', { url, name: 'unsigned' });
      await expect(refusal).rejects.toMatchObject({
        code: FAILED_PRECONDITION,
        details: expect.stringContaining('[signature.missing]') as string,
      });
    } finally {
      await strict.stop();
      await own.remove();
    }
  });
});

/** So many bytes of weights. */
function heavyModel(bytes: number) {
  const rows = bytes / 4 / 1024;
  return {
    inputs: [{ name: 'input', shape: [1, rows] }],
    outputs: [{ name: 'output', shape: [1, 1024] }],
    nodes: [{ op: 'MatMul', inputs: ['input', 'weights'], outputs: ['output'] }],
    weights: [{ name: 'weights', shape: [rows, 1024], values: new Array<number>(rows * 1024).fill(0.5) }],
  };
}
