import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackWheel } from '../../tools/bundle/accelerators/fetch-wheel.ts';
import { buildComponents } from '../../tools/bundle/build.ts';
import { projectPaths } from '../../tools/bundle/project.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import type { OutsideData } from '../../testing/outside-data/needs.ts';
import { VULKAN_DRIVER, vulkanDriver } from '../../testing/outside-data/programs.ts';
import type { ModelFolder } from '../../testing/vision/model-folder.ts';
import { predictSmall, smallPackage } from '../../testing/vision/predict-small-network.ts';

const isHere = process.platform === 'linux' && process.arch === 'x64';

/** The wheel as an earlier build has fetched it: a test downloads nothing. */
function fetched(component: string, file: string): OutsideData {
  return {
    what: `the wheel of ${component}`,
    how: `npm run build -- --component ${component} --platform linux-x64`,
    whyNot: () => {
      if (!isHere) return 'runs on Linux x64 only';
      return existsSync(path.join(projectPaths.cache, 'wheels', file)) ? undefined : 'not in the cache';
    },
    isInCi: false,
  };
}

const webgpu = await needs(
  vulkanDriver,
  fetched('edgeml.accelerator.WebGPU', 'onnxruntime-ep-webgpu-0.4.0-manylinux_2_28_x86_64.whl'),
);
const openvino = await needs(
  fetched('edgeml.accelerator.OpenVINO', 'onnxruntime-ep-openvino-1.8.1-manylinux_2_28_x86_64.whl'),
);
const cuda = await needs(fetched('edgeml.accelerator.Cuda', 'onnxruntime-gpu-1.30.0-manylinux_2_28_x86_64.whl'));

let folder: ModelFolder;
let root: string;
beforeAll(async () => {
  folder = await smallPackage();
  root = await mkdtemp(path.join(os.tmpdir(), 'edgeml-accelerators-'));
});
afterAll(async () => {
  await folder.remove();
  await rm(root, { recursive: true, force: true });
});

/** Builds a component, unpacks and installs it as a nucleus does; returns the folder of the components' work. */
async function install(component: string, zip: string): Promise<string> {
  const output = path.join(root, 'build');
  await buildComponents({ components: [component], platforms: ['linux-x64'], output });
  const unpacked = path.join(root, 'unpacked', zip);
  await unpackWheel(path.join(output, 'artifacts', component, '1.0.0', `${zip}.zip`), unpacked);
  const work = path.join(root, 'work', component);
  await mkdir(work, { recursive: true });
  await promisify(execFile)('sh', [path.join(unpacked, 'link-current.sh'), unpacked], { cwd: work });
  return path.dirname(work);
}

async function expectSameAsCpu(provider: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const plugged = await predictSmall(folder, provider, environment, '--require-provider');
  const cpu = await predictSmall(folder, 'cpu', {});
  expect(plugged.line.provider).toBe(provider);
  for (const { classId, score } of cpu.line.predictions) {
    expect(plugged.line.predictions.find((one) => one.classId === classId)?.score).toBeCloseTo(score, 4);
  }
}

describe('an accelerator that a component brings', () => {
  it('runs models on WebGPU as the CPU does, and says so if it finds no device', webgpu, async () => {
    const work = await install('edgeml.accelerator.WebGPU', 'edgeml-webgpu-linux-x64');
    const environment = { EDGEML_COMPONENTS: work, VK_ICD_FILENAMES: VULKAN_DRIVER };
    // A driver in software is none for the plug-in until somebody says that it will do.
    await expectSameAsCpu('webgpu', { ...environment, ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER: '1' });
    const { line, stderr } = await predictSmall(folder, 'webgpu,cpu', environment);
    if (line.provider === 'cpu') {
      expect(stderr).toMatch(
        /webgpu is not used: edgeml\.accelerator\.WebGPU 0\.4\.0 found no device.*install libvulkan1/,
      );
    }
  });

  it(
    'carries the build of ONNX Runtime that CUDA needs, and steps down if the device lacks the driver',
    cuda,
    async () => {
      const work = await install('edgeml.accelerator.Cuda', 'edgeml-cuda-linux-x64');
      const { line, stderr } = await predictSmall(folder, 'cuda,cpu', { EDGEML_COMPONENTS: work });
      const own = await readdir(path.join(work, 'edgeml.accelerator.Cuda/current'));
      expect(own).toEqual(expect.arrayContaining(['libonnxruntime.so.1.30.0', 'libonnxruntime_providers_shared.so']));
      if (line.provider === 'cpu') {
        expect(stderr).toMatch(
          /cuda is not used: edgeml\.accelerator\.Cuda 1\.30\.0 needs libcuda\.so\.1.*install NVIDIA's driver/,
        );
      } else await expectSameAsCpu('cuda', { EDGEML_COMPONENTS: work });
    },
  );

  it('runs models by OpenVINO on its CPU as ONNX Runtime does', openvino, async () => {
    await expectSameAsCpu('openvino', {
      EDGEML_COMPONENTS: await install('edgeml.accelerator.OpenVINO', 'edgeml-openvino-linux-x64'),
    });
  });
});
