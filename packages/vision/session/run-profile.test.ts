import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { smallNetwork } from '../../../testing/vision/onnx-builder.ts';
import { runTimesOf } from './c-api/run-profile.ts';
import { inspectProvider } from './inspect-provider.ts';
import { pluggedRuntime } from './c-api/plugged-runtime.ts';
import { providerShares } from './provider-shares.ts';

const run = (ts: number, dur: number) => ({ cat: 'Session', name: 'model_run', ts, dur });
const node = (ts: number, dur: number, provider: string) => ({
  cat: 'Node',
  name: 'conv_kernel_time',
  ts,
  dur,
  args: { provider },
});

describe('who runs how much of a model', () => {
  it('is told by the last run: the CPU has its nodes, the accelerator the rest', () => {
    const times = runTimesOf([
      run(0, 90_000),
      node(10, 80_000, 'CPUExecutionProvider'),
      run(100_000, 9_000),
      node(100_010, 500, 'WebGpuExecutionProvider'),
      node(100_600, 2_000, 'CPUExecutionProvider'),
      { ...node(100_600, 50, 'CPUExecutionProvider'), name: 'conv_fence_before' },
    ]);
    expect(times).toEqual({ wholeMs: 9, cpuMs: 2, nodes: { webgpu: 1, cpu: 1 } });
    expect(
      providerShares({ nodesByProvider: { openvino: 40 } }, 'openvino', { ...times!, nodes: { openvino: 1, cpu: 3 } }),
    ).toEqual({
      openvino: { nodes: 40, runMs: 7 },
      cpu: { nodes: 3, runMs: 2 },
    });
    expect(runTimesOf([])).toBeUndefined();
    expect(providerShares({}, 'cpu', times)).toBeUndefined();
  });

  it('is measured by ONNX Runtime, whose file is gone afterward, also if nobody asks', async () => {
    const profileIn = await mkdtemp(path.join(os.tmpdir(), 'edgeml-profile-'));
    onTestFinished(() => rm(profileIn, { recursive: true, force: true }));
    const source = {
      hash: undefined,
      read: async () => ({ model: new Uint8Array(smallNetwork(32)), externalData: [] }),
    };
    const options = { intraOpThreads: 1, spinning: false, profileIn };
    await (await pluggedRuntime.open(source, 'cpu', options)).close();
    expect(await readdir(profileIn)).toEqual([]);

    const inspection = await inspectProvider(source, 'cpu');
    expect(inspection).toEqual({ provider: 'cpu', shares: { cpu: { nodes: 6, runMs: expect.any(Number) as number } } });
    expect(await inspectProvider(source, 'qnn')).toEqual({
      provider: 'qnn',
      reason: expect.stringContaining('edgeml.accelerator.Qnn is not installed') as string,
    });
  });
});
