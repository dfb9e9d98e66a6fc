import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askSocket } from '../../../testing/agent/ask-socket.ts';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import { memoryLoaded } from '../../../testing/agent/memory-loaded.ts';
import { OpenInferenceClient } from '../../../testing/agent/open-inference-client.ts';
import { temporaryFolder, writeFiles } from '../../../testing/agent/package-folder.ts';
import { systemClock } from '#packages/foundation';
import { freePort } from '../../../testing/process/free-port.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { plain, RED } from '../../../testing/vision/images.ts';
import { meanColorModel } from '../../../testing/vision/onnx-builder.ts';
import { echoModel, SOUND_TENSORS, soundModel, TENSOR_MODEL } from '../../../testing/vision/tensor-models.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

const TOKEN = 'a token of the test 0123456789';
const ECHOED = ['int64', 'float16', 'string', 'bool', 'uint8', 'float32'] as const;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;
let grpc: OpenInferenceClient;

/** The whole agent with real models, GoldenPolicy at its default. */
beforeAll(async () => {
  folder = await temporaryFolder();
  const work = join(folder.path, 'work');
  await mkdir(work);
  await writeFile(join(work, 'token'), `${TOKEN}\n`);
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], {
    GoldenPolicy: 'warn',
    MinFreeDiskMB: 0,
    OpenInferenceListener: { Port: await freePort(), TokenFile: 'token' },
  });
  models = memoryLoaded();
  started = await startInProcess(work, nucleus, systemClock, new MemoryInstances(models).open);
  await activate('Sound', { tensors: SOUND_TENSORS }, soundModel());
  await activate('Echo', {}, echoModel(ECHOED));
  const colors = {
    task: 'image-classification',
    input: { width: 8, height: 8, std: 255 },
    output: { decoder: 'classification' },
  };
  await activate('Colors', colors, meanColorModel(8));
  grpc = new OpenInferenceClient(`unix:${started.agent.socketPath}`);
});
afterAll(async () => {
  grpc?.close();
  await started?.close();
  await models?.close();
  await folder?.remove();
});

async function packageOf(name: string, manifest: object, onnx: Uint8Array): Promise<string> {
  const dir = join(folder.path, name);
  await writeFiles(dir, { 'model.json': JSON.stringify({ ...TENSOR_MODEL, name, ...manifest }), 'model.onnx': onnx });
  return dir;
}
const activate = async (name: string, manifest: object, onnx: Uint8Array): Promise<unknown> =>
  started.client.activate({ path: await packageOf(name, manifest, onnx) });

async function ask(method: string, path: string, body?: unknown, socket = started.agent.socketPath) {
  const { status, body: text } = await askSocket(socket, {
    method,
    path,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}
const infer = (model: string, body: object) => ask('POST', `/v2/models/${model}/infer`, body);
const SAMPLES = { name: 'input', shape: [1, 4], datatype: 'FP32', data: [[1, 2, 3, 6]] };
const floatsOf = (bytes: unknown): readonly number[] =>
  Array.from(new Float32Array(new Uint8Array(bytes as Buffer).buffer));

describe('Open Inference Protocol by HTTP', () => {
  it('says that it is there, what it is and which models there are', async () => {
    expect(await ask('GET', '/v2/health/live')).toEqual({ status: 200, body: { live: true } });
    expect(await ask('GET', '/v2/health/ready')).toEqual({ status: 200, body: { ready: true } });
    expect((await ask('GET', '/v2')).body).toMatchObject({
      name: 'edgeml',
      extensions: ['binary_tensor_data', 'model_repository', 'sequence'],
    });
    expect(await ask('GET', '/v2/models/Sound/ready')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/v2/models/Sound/versions/9/ready')).toMatchObject({ status: 503 });
    expect((await ask('GET', '/v2/models/Sound')).body).toEqual({
      name: 'Sound',
      versions: ['1.0.0'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'input', datatype: 'FP32', shape: [-1, -1] },
        { name: 'state', datatype: 'FP32', shape: [1, -1, 2] },
        { name: 'sr', datatype: 'INT64', shape: [] },
      ],
      outputs: [
        { name: 'level', datatype: 'FP32', shape: [-1, 2] },
        { name: 'stateN', datatype: 'FP32', shape: [1, -1, 2] },
      ],
    });
    expect((await ask('POST', '/v2/repository/index', {})).body).toContainEqual({
      name: 'Echo',
      version: '1.0.0',
      state: 'READY',
      reason: '',
    });
  });

  it('runs a model on JSON; what model.json gives may be left out', async () => {
    const answer = await infer('Sound', { id: 'seven', inputs: [SAMPLES], outputs: [{ name: 'level' }] });
    expect(answer).toEqual({
      status: 200,
      body: {
        model_name: 'Sound',
        model_version: '1.0.0',
        id: 'seven',
        outputs: [{ name: 'level', datatype: 'FP32', shape: [1, 2], data: [3, 3] }],
      },
    });
  });

  it('takes and gives every type, in JSON and as binary data', async () => {
    const inputs = [
      { name: 'int64_in', datatype: 'INT64', shape: [2], data: [-5, 7] },
      { name: 'float16_in', datatype: 'FP16', shape: [1], data: [1.5] },
      { name: 'string_in', datatype: 'BYTES', shape: [2], data: ['grün', ''] },
      { name: 'bool_in', datatype: 'BOOL', shape: [2], data: [true, false] },
      { name: 'uint8_in', datatype: 'UINT8', shape: [1], data: [255] },
      { name: 'float32_in', datatype: 'FP32', shape: [1], data: [0.5] },
    ];
    const plainAnswer = await infer('Echo', { inputs });
    const echoed = inputs.map(({ name, ...rest }) => ({ ...rest, name: name.replace('_in', '_out') }));
    expect(plainAnswer.body['outputs']).toEqual(expect.arrayContaining(echoed));
    // The same again behind the JSON, and back.
    const blobs = [
      Buffer.from(BigInt64Array.of(-(2n ** 62n)).buffer),
      Buffer.from([0, 0x3e]),
      Buffer.from('\x02\0\0\0ab', 'latin1'),
    ];
    const [int64 = Buffer.alloc(0), half = Buffer.alloc(0), words = Buffer.alloc(0)] = blobs;
    const head = JSON.stringify({
      inputs: [
        { name: 'int64_in', datatype: 'INT64', shape: [1], parameters: { binary_data_size: int64.length } },
        { name: 'float16_in', datatype: 'FP16', shape: [1], parameters: { binary_data_size: half.length } },
        { name: 'string_in', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: words.length } },
        ...inputs.slice(3),
      ],
      outputs: ['int64', 'float16', 'string'].map((type) => ({
        name: `${type}_out`,
        parameters: { binary_data: true },
      })),
    });
    const { status, body } = await askSocket(
      started.agent.socketPath,
      { method: 'POST', path: '/v2/models/Echo/infer', body: Buffer.concat([Buffer.from(head), ...blobs]) },
      { 'Inference-Header-Content-Length': String(Buffer.byteLength(head)) },
    );
    expect(status).toBe(200);
    expect(body).toContain('"name":"int64_out","datatype":"INT64","shape":[1],"parameters":{"binary_data_size":8}');
    expect(body.endsWith('\x02\0\0\0ab')).toBe(true);
  });

  it('keeps the state of each sequence between its calls', async () => {
    const next = async (sequence_id: number | string, more: object = {}): Promise<unknown> => {
      const answer = await infer('Sound', {
        parameters: { sequence_id, ...more },
        inputs: [SAMPLES],
        outputs: [{ name: 'level' }],
      });
      return answer.status === 200 ? (answer.body['outputs'] as { data: number[] }[])[0]?.data[0] : answer.body['code'];
    };
    expect(await next(1, { sequence_start: true })).toBe(3);
    expect(await next('two', { sequence_start: true })).toBe(3);
    expect([await next(1), await next(1)]).toEqual([4, 5]);
    expect(await next('two', { sequence_end: true })).toBe(4);
    expect(await next('two')).toBe('open-inference.sequence-unknown');
    expect(await next(1, { sequence_start: true })).toBe(3);
  });

  it('answers images too: encoded in, predictions as JSON out', async () => {
    const image = (await plain(RED, 8, 8).png().toBuffer()).toString('base64');
    const { body } = await infer('Colors', {
      inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [image] }],
    });
    const [output] = body['outputs'] as { name: string; data: string[] }[];
    expect(output).toMatchObject({ name: 'predictions', datatype: 'BYTES', shape: [1] });
    expect((JSON.parse(output?.data[0] ?? '') as object[])[0]).toMatchObject({ classId: 0, score: 1 });
  });

  it.each([
    ['another type', { inputs: [{ ...SAMPLES, datatype: 'FP64' }] }, 400, 'takes FP32, not FP64'],
    ['another shape', { inputs: [{ ...SAMPLES, shape: [4] }] }, 400, 'takes [?, ?], not [4]'],
    ['too few elements', { inputs: [{ ...SAMPLES, data: [1] }] }, 400, 'has 1 elements, and [1, 4] are 4'],
    [
      'an input that is not there',
      { inputs: [{ ...SAMPLES, name: 'x' }] },
      400,
      'the model does not have an input "x"',
    ],
    ['an input twice', { inputs: [SAMPLES, SAMPLES] }, 400, 'is given twice'],
    [
      'an output that is not there',
      { inputs: [SAMPLES], outputs: [{ name: 'y' }] },
      400,
      'the model does not have an output "y"',
    ],
    ['no inputs', { inputs: [] }, 400, 'the request is not an inference request'],
    ['texts for numbers', { inputs: [{ ...SAMPLES, data: ['1', '2', '3', '4'] }] }, 400, 'are not all of its type'],
    ['an impossible shape', { inputs: [{ ...SAMPLES, shape: [1e9, 1e9] }] }, 400, 'elements together'],
  ])('refuses %s in the words that clients of the protocol show', async (_what, body, status, words) => {
    const answer = await infer('Sound', body);
    expect(answer.status).toBe(status);
    expect(answer.body['error']).toContain(words);
  });

  it('names the models that there are if another is asked for', async () => {
    expect(await ask('GET', '/v2/models/Nobody')).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('Sound') as string },
    });
    expect(await infer('Sound', { inputs: [SAMPLES] })).toMatchObject({ status: 200 });
    expect(await ask('POST', '/v2/models/Sound/versions/2.0.0/infer', { inputs: [SAMPLES] })).toMatchObject({
      status: 404,
    });
  });
});

describe('Open Inference Protocol by gRPC, on the same socket', () => {
  it('says that it is there, what it is and which models there are', async () => {
    expect(await grpc.call('ServerLive')).toEqual({ live: true });
    expect(await grpc.call('ServerReady')).toEqual({ ready: true });
    expect(await grpc.call('ServerMetadata')).toMatchObject({ name: 'edgeml' });
    expect(await grpc.call('ModelReady', { name: 'Sound' })).toEqual({ ready: true });
    expect(await grpc.call('ModelReady', { name: 'Nobody' })).toEqual({ ready: false });
    expect(await grpc.call('ModelMetadata', { name: 'Echo' })).toMatchObject({
      platform: 'onnxruntime_onnx',
      versions: ['1.0.0'],
    });
    expect(await grpc.call('RepositoryIndex')).toMatchObject({
      models: expect.arrayContaining([expect.objectContaining({ name: 'Sound' })]) as unknown,
    });
  });

  it('runs a model on raw contents and on typed ones', async () => {
    const raw = Buffer.from(Float32Array.of(1, 2, 3, 6).buffer);
    const input = { name: 'input', datatype: 'FP32', shape: [1, 4] };
    const first = await grpc.call('ModelInfer', {
      model_name: 'Sound',
      id: 'a',
      inputs: [input],
      raw_input_contents: [raw],
    });
    expect(first).toMatchObject({ id: 'a', outputs: [{ name: 'level', shape: [1, 2] }, { name: 'stateN' }] });
    expect(floatsOf((first['raw_output_contents'] as unknown[])[0])).toEqual([3, 3]);
    const typed = { ...input, contents: { fp32_contents: [1, 2, 3, 6] } };
    const second = await grpc.call('ModelInfer', {
      model_name: 'Sound',
      inputs: [typed, { name: 'sr', datatype: 'INT64', shape: [], contents: { int64_contents: [16_000] } }],
      outputs: [{ name: 'level' }],
    });
    expect(floatsOf((second['raw_output_contents'] as unknown[])[0])).toEqual([3, 3]);
  });

  it('keeps sequences, and takes encoded images', async () => {
    const parameters = { sequence_id: { int64_param: 9 }, sequence_start: { bool_param: true } };
    const step = async (more: object): Promise<number> => {
      const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, 4], contents: { fp32_contents: [0, 0, 0, 0] } }];
      const answer = await grpc.call('ModelInfer', {
        model_name: 'Sound',
        inputs,
        outputs: [{ name: 'level' }],
        ...more,
      });
      return floatsOf((answer['raw_output_contents'] as unknown[])[0])[0] ?? NaN;
    };
    expect([await step({ parameters }), await step({ parameters: { sequence_id: { int64_param: 9 } } })]).toEqual([
      0, 1,
    ]);
    const image = await plain(RED, 8, 8).png().toBuffer();
    const inputs = [{ name: 'image', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [image] } }];
    const answer = await grpc.call('ModelInfer', { model_name: 'Colors', inputs });
    expect(Buffer.from((answer['raw_output_contents'] as Buffer[])[0] ?? '').toString()).toContain('"classId":0');
  });

  it('answers errors by the status of their kind', async () => {
    await expect(grpc.call('ModelMetadata', { name: 'Nobody' })).rejects.toMatchObject({ code: 5 });
    const bad = {
      model_name: 'Sound',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1], contents: { fp32_contents: [1] } }],
    };
    await expect(grpc.call('ModelInfer', bad)).rejects.toMatchObject({
      code: 3,
      details: expect.stringContaining('the model does not have an input "x"') as string,
    });
  });
});

describe('load and unload', () => {
  it('answer on the administration socket only', async () => {
    expect(await ask('POST', '/v2/repository/models/Echo/unload', {})).toMatchObject({
      status: 403,
      body: { code: 'http.administration-only', error: expect.stringContaining('administration socket') as string },
    });
    await expect(grpc.call('RepositoryModelUnload', { model_name: 'Echo' })).rejects.toMatchObject({
      code: 7,
      details: expect.stringContaining(started.agent.adminSocketPath) as string,
    });
    expect(await ask('GET', '/v2/models/Echo/ready')).toMatchObject({ status: 200 });
  });

  it('bring a package into service under the rules of the agent, and retire it', async () => {
    const administration = started.agent.adminSocketPath;
    const path = await packageOf('Second', { tensors: SOUND_TENSORS }, soundModel());
    const nowhere = await ask('POST', '/v2/repository/models/Second/load', {}, administration);
    expect(nowhere).toMatchObject({ status: 400, body: { code: 'open-inference.path-missing' } });
    expect(await ask('POST', '/v2/repository/models/Second/load', { parameters: { path } }, administration)).toEqual({
      status: 200,
      body: {},
    });
    expect(await ask('GET', '/v2/models/Second/ready')).toMatchObject({ status: 200 });
    const client = new OpenInferenceClient(`unix:${administration}`);
    expect(await client.call('RepositoryModelUnload', { model_name: 'Second' })).toEqual({});
    client.close();
    const listed = (await ask('POST', '/v2/repository/index', {})).body as unknown as { name: string; state: string }[];
    expect(listed.find(({ name }) => name === 'Second')?.state ?? 'gone').not.toBe('READY');
  });
});

describe('the listener on TCP', () => {
  const port = (): number => started.agent.openInferencePort ?? 0;
  const over = async (path: string, authorization?: string) => {
    const answer = await fetch(
      `http://127.0.0.1:${port()}${path}`,
      authorization === undefined ? {} : { headers: { authorization } },
    );
    return { status: answer.status, body: (await answer.json()) as object };
  };

  it('answers only a client with the token', async () => {
    expect(await over('/v2')).toMatchObject({ status: 401, body: { code: 'open-inference.unauthenticated' } });
    expect(await over('/v2', `Bearer ${TOKEN}x`)).toMatchObject({ status: 401 });
    expect(await over('/v2', `Bearer ${TOKEN}`)).toMatchObject({ status: 200, body: { name: 'edgeml' } });
  });

  it('has the protocol, and nothing else of the agent', async () => {
    for (const path of ['/v1/models', '/metrics', '/healthz'])
      expect(await over(path, `Bearer ${TOKEN}`), path).toMatchObject({ status: 404 });
  });

  it('speaks gRPC on the same port, with the token as metadata', async () => {
    const [stranger, friend] = [
      new OpenInferenceClient(`127.0.0.1:${port()}`),
      new OpenInferenceClient(`127.0.0.1:${port()}`, `Bearer ${TOKEN}`),
    ];
    await expect(stranger.call('ServerLive')).rejects.toMatchObject({ code: 16 });
    expect(await friend.call('ServerLive')).toEqual({ live: true });
    await expect(friend.call('RepositoryModelUnload', { model_name: 'Echo' })).rejects.toMatchObject({ code: 7 });
    stranger.close();
    friend.close();
  });
});

describe('a connection that begins like neither', () => {
  it('is answered as HTTP, also if its first bytes come one by one', async () => {
    const socket = connect(started.agent.socketPath).setEncoding('utf8');
    for (const letter of 'PROPFIND /v2 HTTP/1.1\r\nHost: x\r\n\r\n') socket.write(letter);
    const answer = await new Promise<string>((resolve) => socket.once('data', (text: string) => resolve(text)));
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    socket.destroy();
  });
});
