import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import * as z from 'zod';
import type { Provider } from '#packages/model-package';

/** Names the variable with the folder that has a folder for each component, the nucleus' `work`. */
export const COMPONENTS_VARIABLE = 'EDGEML_COMPONENTS';
const PREFIX = 'edgeml.accelerator.';

interface Accelerator {
  readonly component: string;
  /** What the device needs beside it, in words. */
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
  qnn: { component: `${PREFIX}Qnn`, driver: "Qualcomm's FastRPC library for the NPU (libcdsprpc.so)" },
};

/** What a component says of its plug-in, in the file `accelerator.json` of its folder. */
const descriptionSchema = z.strictObject({
  provider: z.enum(['webgpu', 'openvino', 'qnn']),
  /** Name that the plug-in gives its execution provider. */
  executionProvider: z.string().min(1),
  /** File of the plug-in, beside the description. */
  library: z.string().regex(/^[\w.+-]+$/),
  version: z.string().min(1),
});

/** An execution provider that a component brings. */
export interface PlugIn extends z.infer<typeof descriptionSchema> {
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
      return [{ ...descriptionSchema.parse(JSON.parse(text)), component, folder: current }];
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
