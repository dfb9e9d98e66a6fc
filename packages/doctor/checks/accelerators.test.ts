import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkAccelerators } from './accelerators.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'edgeml-hardware-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(file: string, text: string): Promise<void> {
  const whole = path.join(root, file);
  await mkdir(path.dirname(whole), { recursive: true });
  await writeFile(whole, text);
}

/** A device on the PCI bus as the kernel shows it; `driver` is its driver, module and the module's version. */
async function pci(vendor: string, device: string, type: string, driver?: readonly [string, string, string?]) {
  const folder = `sys/bus/pci/devices/0000:${device.slice(0, 2)}:00.0`;
  await write(`${folder}/vendor`, `0x${vendor}\n`);
  await write(`${folder}/device`, `0x${device}\n`);
  await write(`${folder}/class`, `0x${type}\n`);
  if (!driver) return;
  const [name, module, version] = driver;
  const [drivers, modules] = [path.join(root, 'sys/bus/pci/drivers', name), path.join(root, 'sys/module', module)];
  await Promise.all([mkdir(drivers, { recursive: true }), mkdir(modules, { recursive: true })]);
  if (version !== undefined) await writeFile(path.join(modules, 'version'), `${version}\n`);
  await symlink(modules, path.join(drivers, 'module'));
  await symlink(drivers, path.join(root, folder, 'driver'));
}

const board = (...names: readonly string[]) => write('proc/device-tree/compatible', `${names.join('\0')}\0`);

describe('accelerators of a device', () => {
  it('are named with what to deploy and what it needs beside it', async () => {
    await pci('8086', '46a6', '030000', ['i915', 'i915']);
    await pci('8086', '7d1d', '120000', ['intel_vpu', 'intel_vpu', '1.0.0']);
    await pci('10de', '2684', '030000', ['nvidia', 'nvidia', '580.95.05']);
    await pci('1002', '1681', '030000', ['amdgpu', 'amdgpu']);
    await pci('8086', '15f3', '020000', ['igc', 'igc']);
    const found = checkAccelerators(undefined, root).map(({ name, state, says }) => `${state} ${name}: ${says}`);
    expect(found).toHaveLength(4);
    expect(found.join('\n')).toMatch(
      /^info AMD GPU 1002:1681: driver amdgpu; .*edgeml\.accelerator\.WebGPU: .*mesa-vulkan-drivers$/m,
    );
    expect(found.join('\n')).toMatch(
      /^info NVIDIA GPU 10de:2684: driver nvidia 580\.95\.05; .*accelerator\.Cuda or .*CUDA 13 and cuDNN 9/m,
    );
    expect(found.join('\n')).toMatch(
      /^info Intel GPU 8086:46a6: driver i915; .*accelerator\.OpenVINO or .*intel-opencl-icd/m,
    );
    expect(found.join('\n')).toMatch(
      /^info Intel NPU 8086:7d1d: driver intel_vpu 1\.0\.0; .*accelerator\.OpenVINO: .*intel-level-zero-npu/m,
    );
  });

  it('that no driver has taken come with the driver', async () => {
    await pci('10de', '2684', '030000');
    await pci('1e60', '2864', '120000');
    const todos = checkAccelerators(undefined, root).map(({ state, todo }) => `${state} ${todo}`);
    expect(todos).toEqual([
      "warning Install NVIDIA's driver 580 or newer.",
      "warning Install Hailo's driver (hailort-pcie-driver).",
    ]);
  });

  it('that nothing here runs on are said to be so', async () => {
    await pci('1e60', '2864', '120000', ['hailo', 'hailo_pci', '4.23.0']);
    await board('radxa,rock-5b', 'rockchip,rk3588');
    await write('sys/bus/platform/drivers/RKNPU/uevent', '');
    const says = checkAccelerators(undefined, root).map(({ name, says: words }) => `${name}: ${words}`);
    expect(says[0]).toMatch(/^Hailo accelerator 1e60:2864: driver hailo 4\.23\.0; .*does not have a backend/);
    expect(says[1]).toMatch(/^Rockchip NPU \(rockchip,rk3588\): driver RKNPU; .*does not have a backend/);
  });

  it.each([
    [
      'nvidia,p3768-0000+p3767-0000',
      'nvidia,tegra234',
      'dev/nvgpu/igpu0',
      /NVIDIA Jetson.*Cuda or .*JetPack.*version 7/,
    ],
    ['lenovo,thinkpad-t14s', 'qcom,x1e78100', 'dev/fastrpc-cdsp', /Qualcomm.*Qnn or .*libcdsprpc/],
  ])('are found on the board %s', async (name, chip, device, words) => {
    await board(name, chip);
    expect(checkAccelerators(undefined, root)[0]).toMatchObject({ state: 'warning' });
    await write(device, '');
    const [{ state, name: who, says } = { state: '', name: '', says: '' }] = checkAccelerators(undefined, root);
    expect(`${state} ${who} ${says}`).toMatch(words);
  });

  it('are settled once a component for them is installed', async () => {
    await pci('10de', '2684', '030000', ['nvidia', 'nvidia', '580.95.05']);
    await write('work/edgeml.accelerator.Cuda/current/accelerator.json', '{}');
    expect(checkAccelerators(root, root)).toMatchObject([
      { state: 'ok', says: 'driver nvidia 580.95.05; edgeml.accelerator.Cuda is installed' },
    ]);
  });
});
