import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NamedTensors } from '#packages/vision';
import { silentLogger, systemClock } from '#packages/foundation';
import { connectIpc } from '#packages/ipc';
import { startInProcess } from '../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../testing/agent/memory-instance.ts';
import { askSocket } from '../../testing/agent/ask-socket.ts';
import { memoryLoaded } from '../../testing/agent/memory-loaded.ts';
import { temporaryFolder, writeFiles } from '../../testing/agent/package-folder.ts';
import { tensorDoors } from '../../testing/agent/tensor-doors.ts';
import type { TensorDoor } from '../../testing/agent/tensor-doors.ts';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { npzOf, TENSOR_CASE_MODELS, TENSOR_CASES } from '../../testing/vision/tensor-cases.ts';
import { TENSOR_MODEL } from '../../testing/vision/tensor-models.ts';
import { COMPONENT as AGENT } from '../../components/inference-agent/settings/live-configuration.ts';
import { InferenceApp } from '../../components/inference-app/inference-app.ts';
import { COMPONENT as APPLICATION } from '../../components/inference-app/read-configuration.ts';

const MODELS = Object.entries(TENSOR_CASE_MODELS);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;
let app: InferenceApp;
let ipc: ReturnType<typeof connectIpc>;
let doors: Readonly<Record<string, TensorDoor>>;

/** Agent and application with real models, in this process. */
beforeAll(async () => {
  folder = await temporaryFolder();
  const at = (...parts: string[]): string => path.join(folder.path, ...parts);
  const nucleus = new MemoryNucleus();
  await mkdir(at('work', AGENT), { recursive: true });
  nucleus.configuration.set(AGENT, [], {
    GoldenPolicy: 'warn',
    MinFreeDiskMB: 0,
    UnixSocketName: at('edge.sock'),
  });
  models = memoryLoaded();
  started = await startInProcess(at('work', AGENT), nucleus, systemClock, new MemoryInstances(models).open);
  for (const [name, { manifest, onnx }] of MODELS) {
    const model = { ...TENSOR_MODEL, name, ...manifest };
    await writeFiles(at(name), { 'model.json': JSON.stringify(model), 'model.onnx': onnx });
    await mkdir(at('watched', name), { recursive: true });
    await started.client.activate({ path: at(name) });
  }
  const sources = MODELS.map(([name]) => [
    name,
    { Path: at('watched', name), Mode: 'watch', Services: [name], Journal: false },
  ]);
  const windows = { Path: at('watched', 'windows'), Mode: 'watch', Services: ['Sound'], Journal: false };
  await mkdir(windows.Path, { recursive: true });
  nucleus.configuration.set(APPLICATION, [], {
    Sources: { ...(Object.fromEntries(sources) as object), windows },
  });
  const environment = { ipcToken: undefined, ipcSocket: undefined, nucleus: 'java' } as const;
  ipc = connectIpc({ component: APPLICATION, environment, transport: nucleus.transport(APPLICATION) });
  app = await InferenceApp.start({
    ipc,
    agent: started.client,
    thing: 'gate-7',
    workFolder: folder.path,
    sampleImages: folder.path,
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    setLogLevel: () => undefined,
  });
  const edgeManagerSocket = at('edge.sock');
  doors = tensorDoors({
    started,
    nucleus,
    root: folder.path,
    edgeManagerSocket,
    packageOf: (model) => at(model),
    watched: at('watched'),
  });
});
afterAll(async () => {
  await app?.stop();
  await ipc?.close();
  await started?.close();
  await models?.close();
  await folder?.remove();
});

const DOORS = [
  'HTTP, arrays as the body',
  'Open Inference Protocol, JSON',
  'Open Inference Protocol, binary data',
  'Open Inference Protocol, gRPC',
  'gRPC of Edge Manager',
  'Greengrass IPC',
  'edgeml predict --package',
  'edgeml predict --service',
  'the application, from a folder to a topic',
] as const;

it('every way to ask is tried', () => {
  expect(Object.keys(doors)).toEqual([...DOORS]);
});

describe.each(DOORS)('tensors by %s', (door) => {
  it.each(TENSOR_CASES)('are answered: $name', async ({ model, inputs, expected }) => {
    const answer = doors[door]?.(model, inputs);
    const hasStrings = Object.values(inputs).some(({ type }) => type === 'string');
    if (door === 'gRPC of Edge Manager' && hasStrings)
      await expect(answer).rejects.toThrow('does not have; ask by Open Inference Protocol');
    else expect(await answer).toEqual(expected);
  });
});

describe('a state that model.json hands on', () => {
  const window: NamedTensors = { input: { type: 'float32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 6) } };

  // A command line has its sequence in one call: below.
  it.each(DOORS.filter((door) => !door.startsWith('edgeml')))('is kept for a caller by %s', async (door) => {
    // A sequence goes over all doors; that of the application has the name of its source.
    const sequence = door.startsWith('the application') ? 'windows' : door;
    const ask = (isFirst: boolean) => doors[door]?.('Sound', window, { sequence, isFirst });
    expect(await ask(true)).toEqual({ level: [3, 3], stateN: [1, 1] });
    expect(await ask(false)).toEqual({ level: [4, 4], stateN: [2, 2] });
  });
});

describe('a sequence', () => {
  const samples = (count: number): NamedTensors => ({
    input: { type: 'float32', shape: [1, count], data: new Float32Array(count).fill(2) },
  });
  const states = async (...of: readonly string[]): Promise<readonly unknown[]> => {
    const files = await Promise.all(
      [1, 2, 3].map(async (n) => {
        const file = path.join(folder.path, `window-${n}.npz`);
        await writeFile(file, await npzOf(samples(4)));
        return file;
      }),
    );
    const { json, code, stderr } = await runHere(['predict', ...of, '--json', '--sequence', '--image', ...files]);
    if (code !== 0) throw new Error(stderr);
    return json.map(({ outputs }) => (outputs as Record<string, { data: unknown }>)['stateN']?.data);
  };

  it('goes over the files of a command line', async () => {
    const each = [
      [1, 1],
      [2, 2],
      [3, 3],
    ];
    expect(await states('--package', path.join(folder.path, 'Sound'))).toEqual(each);
    expect(await states('--service', 'Sound', '--root', folder.path)).toEqual(each);
    await expect(states('--package', path.join(folder.path, 'Echo'))).rejects.toThrow('hands no output on');
  });

  it('begins again where its caller says so, and after a call that the model refused', async () => {
    const ask = async (query: string, count = 4) => {
      const { status, body } = await post(`sequence=mine&${query}`, await npzOf(samples(count)));
      return status === 200 ? [body['sequence'], valuesOf(body, 'stateN')] : status;
    };
    const began = { id: 'mine', began: true };
    const went = { id: 'mine', began: false };
    expect(await ask('')).toEqual([began, [1, 1]]);
    expect(await ask('sequence_end=true')).toEqual([went, [2, 2]]);
    expect(await ask('')).toEqual([began, [1, 1]]);
    expect(await ask('sequence_start=true')).toEqual([began, [1, 1]]);
    expect(await ask('', 3)).toBeGreaterThanOrEqual(400);
    expect(await ask('')).toEqual([began, [1, 1]]);
  });

  it('means nothing to a model without a state', async () => {
    const numbers = {
      int64_in: { type: 'int64', shape: [1], data: BigInt64Array.of(1n) },
      float32_in: float(0.5),
    } as const;
    expect(await post('sequence=mine', await npzOf(numbers), 'Numbers')).toMatchObject({
      status: 200,
      body: { outputs: { int64_out: { values: [1] } } },
    });
  });
});

describe('the elements of one input as the body', () => {
  const elements = new Uint8Array(Float32Array.of(1, 2, 3, 6).buffer);

  it('are answered, with or without the name of the only input', async () => {
    for (const name of ['input=input&', ''])
      expect(await post(`${name}dtype=float32&shape=1,4`, elements)).toMatchObject({
        status: 200,
        body: { outputs: { level: { type: 'float32', shape: [1, 2], values: [3, 3] } }, predictions: [] },
      });
    const both = await post('dtype=float32&shape=1,4&sequence=raw', elements);
    expect(valuesOf((await post('dtype=float32&shape=1,4&sequence=raw', elements)).body, 'stateN')).toEqual([2, 2]);
    expect(both.body['sequence']).toEqual({ id: 'raw', began: true });
  });

  it.each<[string, string, string]>([
    ['shape=1,4', 'Sound', 'come with both their type and their shape'],
    ['dtype=float33&shape=4', 'Sound', 'there is no dtype "float33"; there are float32'],
    ['dtype=float32&shape=1,x', 'Sound', 'shape is "1,x"; give whole numbers'],
    ['dtype=float32&shape=1,5', 'Sound', 'has 16 bytes, and its shape needs 20'],
    ['dtype=float64&shape=1,2', 'Sound', 'takes FP32, not FP64'],
    ['dtype=float32&shape=4', 'Numbers', 'say which one comes, ?input=NAME'],
    ['dtype=float32&shape=4&input=none', 'Sound', 'does not have an input "none"'],
    ['dtype=float32&shape=1,4&format=v1', 'Sound', 'do not have answers in the form of V1'],
    [`sequence=${'x'.repeat(201)}`, 'Sound', 'named by 1 to 200 characters'],
  ])('are refused with the reason: %s', async (query, model, words) => {
    const { status, body } = await post(query, elements, model);
    expect([status, (body['error'] as { message: string }).message]).toEqual([400, expect.stringContaining(words)]);
  });
});

const float = (value: number) => ({ type: 'float32', shape: [1], data: Float32Array.of(value) }) as const;

async function post(query: string, bytes: Uint8Array, model = 'Sound') {
  const request = { method: 'POST', path: `/v1/services/${model}/invoke?${query}`, body: bytes };
  const headers = { 'content-type': 'application/octet-stream' };
  const { status, body } = await askSocket(started.agent.socketPath, request, headers);
  return { status, body: JSON.parse(body) as Record<string, unknown> };
}

function valuesOf(body: Record<string, unknown>, output: string): unknown {
  return (body['outputs'] as Record<string, { values: unknown }>)[output]?.values;
}

describe('arrays that a model cannot take', () => {
  const refusal = async (inputs: Parameters<typeof npzOf>[0], model = 'Sound'): Promise<unknown> =>
    started.client
      .invoke(model, await npzOf(inputs), { contentType: 'application/x-npz' })
      .catch((error: unknown) => error);
  const doubles = { type: 'float64', shape: [1, 4], data: new Float64Array(4) } as const;
  const floats = { type: 'float32', shape: [4], data: new Float32Array(4) } as const;

  it.each([
    ['another type', { input: doubles }, 'holds float64, and the input takes float32; save it with astype("float32")'],
    ['another shape', { input: floats }, 'has the shape [4], and the input takes [?, ?]'],
    [
      'another name',
      { x: floats },
      'the array "x" of the input is not one of the model\'s inputs, "input", "state", "sr"',
    ],
    ['nothing', {}, 'the request lacks "input" of the model\'s inputs'],
  ])('are refused with the reason: %s', async (_what, inputs, words) => {
    expect(await refusal(inputs)).toMatchObject({
      code: 'model.input-invalid',
      message: expect.stringContaining(words) as string,
    });
  });

  it('are refused if they are not arrays at all', async () => {
    await expect(
      started.client.invoke('Sound', Buffer.from('RIFF'), { contentType: 'application/octet-stream' }),
    ).rejects.toMatchObject({ code: 'tensor.file-invalid' });
  });
});
