import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Provider } from '#packages/model-package';

/** Names the variable with the folder that has a folder for each component, the nucleus' `work`. */
export const COMPONENTS_VARIABLE = 'EDGEML_COMPONENTS';
const PREFIX = 'edgeml.accelerator.';

/** ONNX Runtime's names of the providers. */
const PROVIDER_NAMES: Readonly<Record<string, Provider>> = {
  CPUExecutionProvider: 'cpu',
  WebGpuExecutionProvider: 'webgpu',
  CUDAExecutionProvider: 'cuda',
  TensorrtExecutionProvider: 'tensorrt',
  OpenVINOExecutionProvider: 'openvino',
  QNNExecutionProvider: 'qnn',
};

/** Our name of an execution provider; ONNX Runtime's for one that we do not know. */
export function providerNamed(name: string): string {
  return PROVIDER_NAMES[name] ?? name;
}

interface Accelerator {
  readonly component: string;
  /** The driver that the device needs beside it, in words. */
  readonly driver: string;
}

/** The component that brings a provider. */
export const ACCELERATORS: Partial<Readonly<Record<Provider, Accelerator>>> = {
  webgpu: {
    component: `${PREFIX}WebGPU`,
    driver: `libvulkan1 and the Vulkan driver of the GPU, and put the user of the service into the groups "video" and "render"`,
  },
  openvino: {
    component: `${PREFIX}OpenVINO`,
    driver: `the OpenCL driver of an Intel GPU (intel-opencl-icd) or the driver of an Intel NPU, and put the user of the service into the group "render"`,
  },
  cuda: {
    component: `${PREFIX}Cuda`,
    driver: `NVIDIA's driver 580 or newer, CUDA 13 and cuDNN 9`,
  },
  qnn: { component: `${PREFIX}Qnn`, driver: "libatomic1 and Qualcomm's FastRPC library for the NPU (libcdsprpc.so)" },
};

/** A component's description of its plug-in: the file `accelerator.json` in its folder. */
interface Description {
  readonly provider: 'webgpu' | 'openvino' | 'qnn' | 'cuda';
  /** Name that the plug-in gives its execution provider. */
  readonly executionProvider: string;
  /** File of the plug-in, beside the description. */
  readonly library: string;
  /** The build of ONNX Runtime that the plug-in belongs to, beside it; default: any, also the one of edgeml.Runtime. */
  readonly runtime?: string;
  /** Libraries that the device must have for the plug-in to load; default: none that are known. */
  readonly needs?: readonly string[];
  readonly version: string;
}

/** An execution provider that a component brings. */
export interface PlugIn extends Description {
  readonly component: string;
  readonly folder: string;
}

/** The execution providers that components have installed below `folder`; one that does not describe itself is left out. */
export function findPlugIns(folder: string | undefined): readonly PlugIn[] {
  if (folder === undefined || folder === '') return [];
  return componentsIn(folder).flatMap((component) => {
    const current = path.join(folder, component, 'current');
    try {
      const text = readFileSync(path.join(current, 'accelerator.json'), 'utf8');
      const description: unknown = JSON.parse(text);
      return isDescription(description) ? [{ ...description, component, folder: current }] : [];
    } catch {
      return [];
    }
  });
}

function componentsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** Without a schema: a model's process would load zod for a few texts. */
function isDescription(value: unknown): value is Description {
  if (typeof value !== 'object' || value === null) return false;
  const { provider, executionProvider, library, runtime, needs, version } = value as Partial<
    Record<keyof Description, unknown>
  >;
  const isText = (text: unknown): text is string => typeof text === 'string' && text.length > 0;
  const isFile = (name: unknown): name is string => isText(name) && /^[\w.+-]+$/.test(name);
  return (
    isText(provider) &&
    Object.hasOwn(ACCELERATORS, provider) &&
    isText(executionProvider) &&
    isText(version) &&
    isFile(library) &&
    (runtime === undefined || isFile(runtime)) &&
    (needs === undefined || (Array.isArray(needs) && needs.every(isFile)))
  );
}
