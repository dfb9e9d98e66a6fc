import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgentClient } from '#packages/http';
import { temporaryFolder, writeFiles } from '../../testing/agent/package-folder.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { kserveClient, PYTHON_WITH_MODULES, tritonClient } from '../../testing/outside-data/python.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import type { Child } from '../../testing/process/child.ts';
import { freePort } from '../../testing/process/free-port.ts';
import { startComponent } from '../../testing/process/start-component.ts';
import { plain, RED } from '../../testing/vision/images.ts';
import { meanColorModel } from '../../testing/vision/onnx-builder.ts';
import { echoModel, SOUND_TENSORS, soundModel, TENSOR_MODEL } from '../../testing/vision/tensor-models.ts';

const TOKEN = 'a token of the test 0123456789';
const SCRIPT = path.join(import.meta.dirname, '../../testing/clients/triton-caller.py');
const WITH_KSERVE = await needs(kserveClient);
const KSERVE_SCRIPT = path.join(import.meta.dirname, '../../testing/clients/kserve-caller.py');

/** The bundled agent in its own process, each model in another. */
describe('clients of Open Inference Protocol', await needs(tritonClient), () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let agent: Child;
  let port: number;
  let image: string;
  let loadable: string;

  const at = (...parts: readonly string[]): string => path.join(folder.path, ...parts);
  async function packageOf(name: string, manifest: object, onnx: Uint8Array): Promise<string> {
    await writeFiles(at(name), {
      'model.json': JSON.stringify({ ...TENSOR_MODEL, name, ...manifest }),
      'model.onnx': onnx,
    });
    return at(name);
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    port = await freePort();
    image = at('red.png');
    await writeFile(image, await plain(RED, 8, 8).png().toBuffer());
    await writeFile(at('token'), TOKEN);
    agent = await startComponent('inference-agent', {
      workFolder: at('work'),
      configuration: {
        GoldenPolicy: 'warn',
        MinFreeDiskMB: 0,
        Workers: 1,
        OpenInferenceListener: { Port: port, TokenFile: at('token') },
      },
    });
    await agent.line(/"event":"agent.ready"/);
    const client = createAgentClient({ socketPath: at('work/agent.sock') });
    const colors = {
      task: 'image-classification',
      input: { width: 8, height: 8, std: 255 },
      output: { decoder: 'classification' },
    };
    const types = ['int64', 'float16', 'string', 'bool', 'uint8', 'float32'] as const;
    await client.activate({ path: await packageOf('Sound', { tensors: SOUND_TENSORS }, soundModel()) });
    await client.activate({ path: await packageOf('Echo', {}, echoModel(types)) });
    await client.activate({ path: await packageOf('Colors', colors, meanColorModel(8)) });
    client.close();
    loadable = await packageOf('Loaded', { tensors: SOUND_TENSORS }, soundModel());
  }, PATIENCE_MS);
  afterAll(async () => {
    await agent?.end();
    await folder?.remove();
  });

  async function told(...words: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout } = await promisify(execFile)(PYTHON_WITH_MODULES, [SCRIPT, ...words], { timeout: PATIENCE_MS });
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it.each([
    ['HTTP over TCP, with a token', 'http', () => `127.0.0.1:${port}`, TOKEN],
    ['gRPC over TCP, with a token', 'grpc', () => `127.0.0.1:${port}`, TOKEN],
    ['gRPC over the socket', 'grpc', () => `unix:${at('work/agent.sock')}`, ''],
  ])("NVIDIA's gets everything by %s", async (_how, transport, address, token) => {
    const answers = await told(transport, address(), token, image, '');
    expect(answers).toMatchObject({ live: true, ready: true, modelReady: true, otherReady: false });
    expect(answers['server']).toMatchObject({ name: 'edgeml' });
    expect(answers['model']).toMatchObject({
      name: 'Sound',
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'input' }, {}, {}],
    });
    expect(JSON.stringify(answers['index'])).toContain('"name": "Echo"'.replace(': ', ':'));
    expect(answers['level']).toEqual({ level: { dtype: 'float32', shape: [1, 2], values: [3, 3] } });
    expect(
      [0, 1, 2].map((step) => (answers[`sequence${step}`] as { level: { values: number[] } }).level.values[0]),
    ).toEqual([3, 4, 5]);
    expect(answers['echo']).toMatchObject({
      // 2 ** 62 is more than JSON's numbers hold exactly, and a power of two is exact all the same.
      int64_out: { values: [-(2 ** 62), 7] },
      float16_out: { dtype: 'float16', values: [1.5, -2] },
      string_out: { values: ['grün', ''] },
      bool_out: { values: [true, false] },
      uint8_out: { values: [255, 0] },
      float32_out: { values: [0.5, -1] },
    });
    const { predictions } = answers['image'] as { predictions: { values: string[] } };
    expect((JSON.parse(predictions.values[0] ?? '') as object[])[0]).toMatchObject({ classId: 0, score: 1 });
    expect((answers['wrong'] as { error: string }).error).toContain('the model does not have an input "x"');
    expect(answers['unload']).toMatchObject({
      error:
        transport === 'http' ? { code: 'http.no-route' } : (expect.stringContaining('administration socket') as string),
    });
  });

  it('is kept out without the token', async () => {
    const answers = await told('grpc', `127.0.0.1:${port}`, '', image, '');
    expect(answers['server']).toMatchObject({
      error: expect.stringContaining('the token is missing or wrong') as string,
    });
    expect(answers).not.toHaveProperty('level.level');
  });

  it.each(['http', 'grpc'])("answers KServe's client by %s", WITH_KSERVE, async (transport) => {
    const words = [KSERVE_SCRIPT, transport, `127.0.0.1:${port}`, TOKEN];
    const { stdout } = await promisify(execFile)(PYTHON_WITH_MODULES, words, { timeout: PATIENCE_MS });
    expect(JSON.parse(stdout)).toEqual({
      live: true,
      ready: true,
      modelReady: true,
      outputs: { level: [3, 3], stateN: [1, 1] },
    });
  });

  it('loads and unloads on the administration socket', async () => {
    const answers = await told('grpc', `unix:${at('work/admin.sock')}`, '', image, loadable);
    expect(answers).toMatchObject({ load: null, loadedReady: true, unload: null });
  });
});
