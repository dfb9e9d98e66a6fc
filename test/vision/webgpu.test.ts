import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../testing/outside-data/needs.ts';
import { VULKAN_DRIVER, vulkanDriver } from '../../testing/outside-data/programs.ts';
import type { ModelFolder } from '../../testing/vision/model-folder.ts';
import { predictSmall, smallPackage } from '../../testing/vision/predict-small-network.ts';

const driver = await needs(vulkanDriver);

let folder: ModelFolder;
beforeAll(async () => {
  folder = await smallPackage();
});
afterAll(() => folder.remove());

describe('webgpu', () => {
  it('gives what the CPU gives', driver, async () => {
    const gpu = await predictSmall(folder, 'webgpu', { VK_ICD_FILENAMES: VULKAN_DRIVER }, '--require-provider');
    const cpu = await predictSmall(folder, 'cpu', {});
    expect(gpu.line.provider).toBe('webgpu');
    expect(gpu.line.predictions.map(({ classId }) => classId)).toEqual(
      cpu.line.predictions.map(({ classId }) => classId),
    );
    gpu.line.predictions.forEach(({ score }, index) =>
      expect(score).toBeCloseTo(cpu.line.predictions[index]?.score ?? NaN, 5),
    );
  });

  it('steps down to the CPU with the reason and the remedy if there is no GPU driver', async () => {
    const { line, stderr } = await predictSmall(folder, 'webgpu,cpu', {
      VK_ICD_FILENAMES: '/nonexistent.json',
      VK_DRIVER_FILES: '/nonexistent.json',
    });
    expect(line.provider).toBe('cpu');
    expect(stderr).toMatch(/webgpu is not used: .*(Vulkan driver|is not installed|no native build)/);
  });
});
