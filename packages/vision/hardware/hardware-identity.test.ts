import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { hardwareIdentity } from './hardware-identity.ts';

it('changes with the hardware, the kernel and the drivers in user space', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'edgeml-identity-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  };
  const seen = [hardwareIdentity(root, '6.1'), hardwareIdentity(root, '6.12')];
  await write('usr/share/vulkan/icd.d/intel.json', '{"ICD": {"api_version": "1.3.230"}}');
  seen.push(hardwareIdentity(root, '6.12'));
  await write('usr/share/vulkan/icd.d/intel.json', '{"ICD": {"api_version": "1.4.305"}}');
  seen.push(hardwareIdentity(root, '6.12'));
  await write('proc/device-tree/compatible', 'nvidia,tegra234\0');
  seen.push(hardwareIdentity(root, '6.12'));
  expect(new Set(seen).size).toBe(seen.length);
  expect(hardwareIdentity(root, '6.12')).toBe(seen.at(-1));
});
