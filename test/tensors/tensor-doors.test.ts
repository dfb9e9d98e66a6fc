import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import { connectIpc } from '#packages/ipc';
import { startInProcess } from '../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../testing/agent/memory-instance.ts';
import { memoryLoaded } from '../../testing/agent/memory-loaded.ts';
import { temporaryFolder, writeFiles } from '../../testing/agent/package-folder.ts';
import { tensorDoors } from '../../testing/agent/tensor-doors.ts';
import type { TensorDoor } from '../../testing/agent/tensor-doors.ts';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
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
  nucleus.configuration.set(APPLICATION, [], { Sources: Object.fromEntries(sources) as object });
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

  it('are refused if they are no arrays at all', async () => {
    await expect(
      started.client.invoke('Sound', Buffer.from('RIFF'), { contentType: 'application/octet-stream' }),
    ).rejects.toMatchObject({ code: 'tensor.file-invalid' });
  });
});
