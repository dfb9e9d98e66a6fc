import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSharedRegion } from '#packages/posix';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { holdMemory } from '../../../testing/vision/hold-memory.ts';
import { externalWeights, meanColorModel, smallNetwork } from '../../../testing/vision/onnx-builder.ts';
import { echoModel, sequenceModel, soundModel } from '../../../testing/vision/tensor-models.ts';
import type { NamedTensors, Tensor } from '../loaded-model.ts';
import { packStrings } from '../tensor/string-elements.ts';
import { pluggedRuntime } from './c-api/plugged-runtime.ts';
import { nativeRuntime } from './native-runtime.ts';
import { isBrokenModel, runError } from './run-errors.ts';
import { runtimeOf } from './runtime-of.ts';
import type { Runtime, Session } from './session.ts';

const OPTIONS = { intraOpThreads: 1, spinning: false } as const;

async function open(runtime: Runtime, model: Uint8Array, weights: Readonly<Record<string, Uint8Array>> = {}) {
  const externalData = Object.entries(weights).map(([path, data]) => ({ path, data: new Uint8Array(data) }));
  const source = { hash: undefined, read: async () => ({ model: new Uint8Array(model), externalData }) };
  const session: Session = await runtime.open(source, 'cpu', OPTIONS);
  onTestFinished(() => session.close());
  return session;
}

const image = (side: number, data = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i))): Tensor => ({
  type: 'float32',
  shape: [1, 3, side, side],
  data,
});

const runtimes = [
  ['the Node.js binding', nativeRuntime],
  ['the C interface', pluggedRuntime],
] as const;

describe.each(runtimes)('ONNX Runtime by %s', (_, runtime) => {
  it('tells inputs and outputs, with -1 for sides that are free', async () => {
    const { inputs, outputs } = await open(runtime, soundModel());
    expect(inputs).toEqual([
      { name: 'input', type: 'float32', shape: [-1, -1] },
      { name: 'state', type: 'float32', shape: [1, -1, 2] },
      { name: 'sr', type: 'int64', shape: [] },
    ]);
    expect(outputs.map(({ name }) => name)).toEqual(['level', 'stateN']);
  });

  it('takes and gives tensors of every kind, empty ones too', async () => {
    const types = ['int64', 'float16', 'string', 'bool', 'uint8', 'float32'] as const;
    const session = await open(runtime, echoModel(types));
    const fetches = types.map((type) => `${type}_out`);
    const given: Readonly<Record<(typeof types)[number], Tensor['data']>> = {
      int64: BigInt64Array.of(-5n, 2n ** 60n),
      float16: Uint16Array.of(0x3c00, 0xfbff),
      string: packStrings(['Grüße', '']),
      bool: Uint8Array.of(1, 0),
      uint8: Uint8Array.of(0, 255),
      float32: Float32Array.of(-0.5, Infinity),
    };
    const feeds = (count: number, data: (type: (typeof types)[number]) => Tensor['data']): NamedTensors =>
      Object.fromEntries(types.map((type) => [`${type}_in`, { type, shape: [count], data: data(type) }]));
    const echoed = await session.run(
      feeds(2, (type) => given[type]),
      fetches,
    );
    for (const type of types) expect(echoed[`${type}_out`]).toEqual({ type, shape: [2], data: given[type] });
    const none = await session.run(
      feeds(0, (type) => given[type].slice(0, 0)),
      fetches,
    );
    for (const type of types) expect(none[`${type}_out`]).toMatchObject({ shape: [0], data: { length: 0 } });
  });

  it('gives only the outputs that are asked for, and they outlive the session', async () => {
    const session = await open(runtime, soundModel());
    const feeds = {
      input: { type: 'float32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) },
      state: { type: 'float32', shape: [1, 1, 2], data: Float32Array.of(0, 10) },
      sr: { type: 'int64', shape: [], data: BigInt64Array.of(16_000n) },
    } as const;
    const outputs = await session.run(feeds, ['level']);
    await session.close();
    await session.close();
    expect(outputs).toEqual({ level: { type: 'float32', shape: [1, 2], data: Float32Array.of(2.5, 12.5) } });
    await expect(session.run(feeds, ['level'])).rejects.toThrow();
  });

  it('reads the input when it runs, from memory that another process may fill', async () => {
    const region = createSharedRegion({ bytes: 4 * 3 * 8 * 8, name: 'input' });
    onTestFinished(() => region.close());
    const { buffer, byteOffset } = region.bytes;
    const shared = image(8, new Float32Array(buffer as ArrayBuffer, byteOffset, 3 * 8 * 8));
    const session = await open(runtime, meanColorModel(8));
    for (const value of [0.25, 0.75]) {
      (shared.data as Float32Array).fill(value);
      expect([...(await session.run({ image: shared }, ['probs']))['probs']!.data]).toEqual([value, value, value]);
    }
  });

  it('takes weights that lie beside the model only from those that were handed over', async () => {
    const model = meanColorModel(8, { scale: 0.5, location: 'weights.data' });
    const session = await open(runtime, model, { 'weights.data': externalWeights([0.5]) });
    const white = image(8, new Float32Array(3 * 8 * 8).fill(1));
    expect([...(await session.run({ image: white }, ['probs']))['probs']!.data]).toEqual([0.5, 0.5, 0.5]);
    await expect(open(runtime, model)).rejects.toThrow(/weights\.data/);
  });

  it.each([
    ['of another shape', { image: image(4) }],
    ['of another type', { image: { type: 'uint8', shape: [1, 3, 8, 8], data: new Uint8Array(192) } }],
    ['that is missing', {}],
    ['with fewer elements than its shape says', { image: image(8, new Float32Array(10)) }],
  ] as const)('refuses an input %s as the fault of the client', async (_what, feeds) => {
    const session = await open(runtime, meanColorModel(8));
    const failure = await session.run(feeds, ['probs']).catch(runError);
    expect(failure).toMatchObject({ code: 'model.input-invalid' });
  });

  it('says that a damaged model is one', async () => {
    const failure: unknown = await open(runtime, smallNetwork(8).subarray(0, 100)).catch((error: unknown) => error);
    expect(isBrokenModel(failure)).toBe(true);
  });

  it('refuses outputs that nobody reads', async () => {
    await expect(open(runtime, sequenceModel())).rejects.toMatchObject({ code: 'model.interface-mismatch' });
  });
});

describe('the C interface', () => {
  it('gives the very numbers that the Node.js binding gives, and tells who runs the nodes', async () => {
    const [ours, theirs] = await Promise.all([
      open(pluggedRuntime, smallNetwork(32)),
      open(nativeRuntime, smallNetwork(32)),
    ]);
    const feeds = { image: image(32) };
    expect(await ours.run(feeds, ['scores'])).toEqual(await theirs.run(feeds, ['scores']));
    expect(ours.nodesByProvider).toEqual({ cpu: 6 });
  });

  it('keeps nothing of what it ran and unloaded', { timeout: PATIENCE_MS }, async () => {
    const { runs, loads } = await holdMemory(pluggedRuntime, 300, 60);
    // Kept outputs would be 270 MB, kept models 54 MB.
    expect(runs[1] - runs[0]).toBeLessThan(135);
    expect(loads[1] - loads[0]).toBeLessThan(40);
  });

  it('names the libraries that the device lacks, before a plug-in fails on them', async () => {
    const root = await mkdtemp(path.join(os.tmpdir(), 'edgeml-components-'));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const current = path.join(root, 'edgeml.accelerator.Cuda/current');
    await mkdir(current, { recursive: true });
    const description = {
      provider: 'cuda',
      executionProvider: 'CUDAExecutionProvider',
      library: 'libonnxruntime_providers_cuda.so',
      runtime: 'libonnxruntime.so.1.30.0',
      needs: ['libc.so.6', 'libabsent-one.so.1', 'libabsent-two.so.2'],
      version: '1.30.0',
    };
    await writeFile(path.join(current, 'accelerator.json'), JSON.stringify(description));
    vi.stubEnv('EDGEML_COMPONENTS', root);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(runtimeOf('cuda')).toBe(pluggedRuntime);
    expect(pluggedRuntime.whyUnavailable('cuda')).toMatch(
      /^edgeml\.accelerator\.Cuda 1\.30\.0 needs libabsent-one\.so\.1, libabsent-two\.so\.2; install NVIDIA's driver/,
    );
  });

  it('says which component is missing, and which driver', () => {
    expect(pluggedRuntime.whyUnavailable('openvino')).toMatch(/edgeml\.accelerator\.OpenVINO.*intel-opencl-icd/);
    expect(pluggedRuntime.whyUnavailable('tensorrt')).toBe('no component brings it');
  });
});
