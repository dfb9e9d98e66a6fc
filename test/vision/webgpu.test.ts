import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';

import { PATIENCE_MS } from '../../testing/patience.ts';
import { pattern } from '../../testing/vision/images.ts';
import { modelFolder } from '../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../testing/vision/model-folder.ts';
import { smallNetwork } from '../../testing/vision/onnx-builder.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { VULKAN_DRIVER, vulkanDriver } from '../../testing/outside-data/programs.ts';

const PROJECT = path.join(import.meta.dirname, '../..');

const driver = await needs(vulkanDriver);
/** Shaders are compiled in software: minutes on a busy machine. */

let folder: ModelFolder | undefined;
afterEach(async () => {
  await folder?.remove();
  folder = undefined;
});

interface Line {
  readonly provider: string;
  readonly predictions: readonly Prediction[];
}

/** In a process of its own: the loader of Vulkan reads its environment once. */
async function predict(providers: string, environment: Readonly<Record<string, string>>, ...more: string[]) {
  folder ??= await modelFolder(
    {},
    {
      'model.onnx': smallNetwork(8),
      'model.json': JSON.stringify({
        schemaVersion: 1,
        name: 'Small',
        version: '1.0.0',
        task: 'image-classification',
        input: { width: 8, height: 8, std: 255 },
        output: { decoder: 'classification', activation: 'softmax' },
        variants: [{ file: 'model.onnx' }],
      }),
      'image.png': await pattern(32, 24).png().toBuffer(),
    },
  );
  const args = [
    'tools/edgeml.mjs',
    'predict',
    '--package',
    folder.dir,
    '--image',
    path.join(folder.dir, 'image.png'),
    '--json',
  ];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...args, '--provider', providers, ...more], {
    cwd: PROJECT,
    env: { ...process.env, ...environment },
    timeout: PATIENCE_MS,
  });
  return { line: JSON.parse(stdout) as Line, stderr };
}

describe('webgpu', () => {
  it('gives what the CPU gives', driver, async () => {
    const gpu = await predict('webgpu', { VK_ICD_FILENAMES: VULKAN_DRIVER }, '--require-provider');
    const cpu = await predict('cpu', {});
    expect(gpu.line.provider).toBe('webgpu');
    expect(gpu.line.predictions.map(({ classId }) => classId)).toEqual(
      cpu.line.predictions.map(({ classId }) => classId),
    );
    gpu.line.predictions.forEach(({ score }, index) =>
      expect(score).toBeCloseTo(cpu.line.predictions[index]?.score ?? NaN, 5),
    );
  });

  it('steps down to the CPU with the reason and the remedy where there is no GPU driver', async () => {
    const { line, stderr } = await predict('webgpu,cpu', {
      VK_ICD_FILENAMES: '/nonexistent.json',
      VK_DRIVER_FILES: '/nonexistent.json',
    });
    expect(line.provider).toBe('cpu');
    expect(stderr).toMatch(/webgpu is not used: .*(Vulkan driver|comes without it|no native build)/);
  });
});
