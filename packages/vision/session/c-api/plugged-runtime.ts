import path from 'node:path';
import { threadId } from 'node:worker_threads';

import { messageOf } from '#packages/foundation';
import type { Provider } from '#packages/model-package';
import { nativeRuntime } from '../native-runtime.ts';
import type { Runtime, SessionOptions } from '../session.ts';
import { lackingLibraries } from './lacking-libraries.ts';
import { OrtLibrary } from './ort-library.ts';
import type { Handle } from './ort-library.ts';
import { openSession } from './ort-session.ts';
import type { Attach } from './ort-session.ts';
import { ACCELERATORS, COMPONENTS_VARIABLE, findPlugIns } from './plug-ins.ts';
import type { PlugIn } from './plug-ins.ts';

/** `OrtHardwareDeviceType` of onnxruntime_c_api.h: a graphics card, else a neural processor, else the CPU. */
const DEVICE_TYPES = [1, 2, 0];
/** The devices of each plug-in. A process takes a plug-in once, and keeps it as long as it lives. */
const registered = new Map<string, readonly Handle[]>();
/** Builds of ONNX Runtime by their file; the empty name is the bundled one. */
const libraries = new Map<string, OrtLibrary>();

/** ONNX Runtime by its C interface: the only way to execution providers that a component brings. The CPU runs there too. */
export const pluggedRuntime: Runtime = {
  whyUnavailable(provider) {
    const plugIn = plugInFor(provider);
    if (plugIn === undefined && !isBuiltIn(provider)) return whyNoPlugIn(provider);
    try {
      libraryOf();
      return plugIn && whyNotLoadable(plugIn);
    } catch (error) {
      return `ONNX Runtime cannot be called directly: ${messageOf(error).split('\n', 1)[0] ?? ''}`;
    }
  },

  async open(source, provider, options) {
    if (provider === 'cpu') return openSession(libraryOf(), source, options);
    const plugIn = plugInFor(provider);
    const ort = libraryOf(plugIn);
    if (plugIn === undefined) {
      if (!isBuiltIn(provider)) throw new Error(whyNoPlugIn(provider));
      return openSession(ort, source, options, attachWebGpu(ort));
    }
    const attach = plugIn.provider === 'cuda' ? attachCuda(ort) : attachDevice(ort, plugIn, options);
    return openSession(ort, source, options, attach);
  },
};

/**
 * The ONNX Runtime that a plug-in runs on. A provider that is not a plug-in in full, CUDA, fits only the build that it was made with, so
 * its component brings that one. The bundled one is loaded before: the Node.js binding takes whichever came first of this name.
 */
function libraryOf(plugIn?: PlugIn): OrtLibrary {
  const bundled = libraries.get('') ?? OrtLibrary.load();
  libraries.set('', bundled);
  if (plugIn?.runtime === undefined) return bundled;
  const file = path.join(plugIn.folder, plugIn.runtime);
  const own = libraries.get(file) ?? OrtLibrary.load(file);
  libraries.set(file, own);
  return own;
}

function attachWebGpu(ort: OrtLibrary): Attach {
  return (settings) => ort.call('SessionOptionsAppendExecutionProvider', settings, 'WebGPU', [], [], 0);
}

/** CUDA is added by name: it looks for its GPU itself, also for one that is not on the PCI bus, which ONNX Runtime does not list. */
function attachCuda(ort: OrtLibrary): Attach {
  return (settings) => {
    const cuda = ort.handle('CreateCUDAProviderOptions');
    try {
      ort.call('SessionOptionsAppendExecutionProvider_CUDA_V2', settings, cuda);
    } finally {
      ort.release('ReleaseCUDAProviderOptions', cuda);
    }
  };
}

function attachDevice(ort: OrtLibrary, plugIn: PlugIn, sessionOptions: SessionOptions): Attach {
  const device = deviceOf(ort, plugIn);
  const options = optionsFor(plugIn.provider, sessionOptions);
  const [keys, values] = [Object.keys(options), Object.values(options)];
  const { environment } = ort;
  return (settings) =>
    ort.call(
      'SessionOptionsAppendExecutionProvider_V2',
      settings,
      environment,
      BigUint64Array.of(BigInt(device)),
      1,
      keys,
      values,
      keys.length,
    );
}

/** The providers of the bundled ONNX Runtime, without a component. */
function isBuiltIn(provider: Provider): boolean {
  return provider === 'cpu' || (provider === 'webgpu' && nativeRuntime.whyUnavailable(provider) === undefined);
}

/** The installed component that brings a provider. */
function plugInFor(provider: Provider): PlugIn | undefined {
  return findPlugIns(process.env[COMPONENTS_VARIABLE]).find((one) => one.provider === provider);
}

/** Names and versions of all installed components that bring a provider; empty if there is none. */
export function plugInVersions(): string {
  const installed = findPlugIns(process.env[COMPONENTS_VARIABLE]);
  return installed.map(({ component, version }) => ` ${component} ${version}`).join('');
}

function whyNotLoadable({ component, version, provider, needs = [] }: PlugIn): string | undefined {
  const lacking = lackingLibraries(needs);
  if (lacking.length === 0) return undefined;
  return `${component} ${version} needs ${lacking.join(', ')}; install ${ACCELERATORS[provider]?.driver ?? 'its driver'}`;
}

function whyNoPlugIn(provider: Provider): string {
  const accelerator = ACCELERATORS[provider];
  if (!accelerator) return 'no component brings it';
  return `the component ${accelerator.component} is not installed; deploy it, and install ${accelerator.driver}`;
}

function deviceOf(ort: OrtLibrary, plugIn: PlugIn): Handle {
  const file = path.join(plugIn.folder, plugIn.library);
  const devices = registered.get(file) ?? register(ort, plugIn, file);
  registered.set(file, devices);
  const typeOf = (device: Handle): number => {
    return Number(ort.value('HardwareDevice_Type', ort.value('EpDevice_Device', device)));
  };
  const best = DEVICE_TYPES.flatMap((type) => devices.filter((device) => typeOf(device) === type))[0];
  if (best !== undefined) return best;
  const driver = ACCELERATORS[plugIn.provider]?.driver ?? 'its driver';
  throw new Error(`${plugIn.component} ${plugIn.version} found no device that it can use; install ${driver}`);
}

/** ONNX Runtime may have a provider of the same name built in: the devices that are new are the plug-in's. */
function register(ort: OrtLibrary, plugIn: PlugIn, file: string): readonly Handle[] {
  const before = new Set(ort.list('GetEpDevices', ort.environment));
  // Each thread with models registers for itself, and names are for the whole process.
  ort.call('RegisterExecutionProviderLibrary', ort.environment, `${plugIn.component}/${threadId}`, file);
  return ort
    .list('GetEpDevices', ort.environment)
    .filter((device) => !before.has(device) && ort.text('EpDevice_EpName', device) === plugIn.executionProvider);
}

/** OpenVINO would compute in 16 bits wherever the CPU can. */
function optionsFor(provider: Provider, { intraOpThreads }: SessionOptions): Readonly<Record<string, string>> {
  if (provider !== 'openvino') return {};
  const threads = intraOpThreads > 0 ? { INFERENCE_NUM_THREADS: String(intraOpThreads) } : {};
  return { load_config: JSON.stringify({ CPU: { INFERENCE_PRECISION_HINT: 'f32', ...threads } }) };
}
