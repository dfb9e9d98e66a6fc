import { existsSync } from 'node:fs';
import path from 'node:path';
import { findAccelerators } from '#packages/vision';
import type { AcceleratorKind } from '#packages/vision';
import type { Finding } from '../finding.ts';

interface Advice {
  /** Components that use it, the best first; none: this release cannot. */
  readonly components: readonly ('Cuda' | 'OpenVINO' | 'Qnn' | 'WebGPU')[];
  /** The kernel's driver, to be installed if none has taken the device. */
  readonly driver: string;
  /** Beside the driver, by component. */
  readonly libraries: string;
}

const VULKAN = 'WebGPU needs libvulkan1 and mesa-vulkan-drivers';
const CUDA = 'Cuda needs CUDA 13 and cuDNN 9';
const NO_BACKEND = 'this release does not have a backend for it (docs/accelerators.md); the CPU runs the models';

const ADVICE: Readonly<Record<AcceleratorKind, Advice>> = {
  'intel-gpu': {
    components: ['OpenVINO', 'WebGPU'],
    driver: 'the kernel module i915 or xe (a kernel that knows this GPU)',
    libraries: `OpenVINO needs intel-opencl-icd, ${VULKAN}`,
  },
  'intel-npu': {
    components: ['OpenVINO'],
    driver: 'the kernel module intel_vpu (Linux 6.8 or newer) and its firmware',
    libraries: "OpenVINO needs Intel's intel-level-zero-npu and intel-driver-compiler-npu",
  },
  'nvidia-gpu': {
    components: ['Cuda', 'WebGPU'],
    driver: "NVIDIA's driver 580 or newer",
    libraries: `${CUDA}, WebGPU needs libvulkan1`,
  },
  'amd-gpu': { components: ['WebGPU'], driver: 'the kernel module amdgpu and its firmware', libraries: VULKAN },
  jetson: {
    components: ['Cuda', 'WebGPU'],
    driver: 'JetPack',
    libraries: `${CUDA}, which JetPack has from version 7 on; WebGPU needs libvulkan1`,
  },
  qualcomm: {
    components: ['Qnn', 'WebGPU'],
    driver: "Qualcomm's FastRPC driver (/dev/fastrpc-cdsp)",
    libraries: `Qnn needs libcdsprpc.so, ${VULKAN}`,
  },
  hailo8: { components: [], driver: "Hailo's driver (hailort-pcie-driver)", libraries: NO_BACKEND },
  hailo10h: { components: [], driver: "Hailo's driver (hailort-pcie-driver)", libraries: NO_BACKEND },
  rk3588: { components: [], driver: "Rockchip's driver RKNPU", libraries: NO_BACKEND },
};

/**
 * Accelerators that the kernel tells of, and what each lacks to run models.
 * @param root of the nucleus, below which components lie; undefined: none is installed
 * @param fileSystem root of the file system that is looked at; default `/`
 */
export function checkAccelerators(root: string | undefined, fileSystem = '/'): readonly Finding[] {
  return findAccelerators(fileSystem).map(({ kind, name, driver }): Finding => {
    const base = { section: 'accelerators', name } as const;
    const { components, driver: wanted, libraries } = ADVICE[kind];
    if (driver === undefined) {
      return { ...base, state: 'warning', says: 'no driver has taken it', todo: `Install ${wanted}.` };
    }
    if (components.length === 0) return { ...base, state: 'info', says: `driver ${driver}; ${libraries}` };
    const installed = components.filter((component) => isInstalled(root, component));
    if (installed.length > 0) {
      const used = installed.map((component) => `edgeml.accelerator.${component}`).join(', ');
      return { ...base, state: 'ok', says: `driver ${driver}; ${used} is installed` };
    }
    const choices = components.map((component) => `edgeml.accelerator.${component}`).join(' or ');
    return { ...base, state: 'info', says: `driver ${driver}; to use it, deploy ${choices}: ${libraries}` };
  });
}

function isInstalled(root: string | undefined, component: string): boolean {
  if (root === undefined) return false;
  return existsSync(path.join(root, 'work', `edgeml.accelerator.${component}`, 'current/accelerator.json'));
}
