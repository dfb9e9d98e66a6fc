import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import type * as Ort from 'onnxruntime-node';
import type { Provider } from '#packages/model-package';
import { lazyPackage, messageOf, resolvePackage } from '#packages/foundation';
import { cpuIdentity } from './cpu-identity.ts';
import type { ModelSource } from './model-source.ts';
import { describeOptimized, readOptimized, reserveOptimized } from './optimized-model.ts';
import type { OptimizedCache, OptimizedKey, OptimizedModel } from './optimized-model.ts';
import { returnFreedMemory } from './return-memory.ts';
import type { Optimized, Runtime, Session, SessionOptions } from './session.ts';
import { FeedCache, describe, unwrap } from './tensors.ts';

type OrtModule = typeof Ort;
type OrtSession = Ort.InferenceSession;
type OrtOptions = Ort.InferenceSession.SessionOptions;

const loadOrt = lazyPackage<OrtModule>('onnxruntime-node');

/** ONNX Runtime's Node binding: cpu and webgpu come with it, tensorrt by an extra step; a component brings cuda on Linux. */
export const nativeRuntime: Runtime = {
  whyUnavailable(provider) {
    if (provider === 'wasm') return 'it belongs to the WebAssembly build of ONNX Runtime';
    if (provider === 'openvino' || provider === 'qnn')
      return 'it comes as a plug-in, which the Node.js binding does not take';
    let bundled: readonly string[];
    try {
      bundled = loadOrt()
        .listSupportedBackends()
        .map((backend) => backend.name);
    } catch (error) {
      return `ONNX Runtime has no native build for ${process.platform} ${process.arch}: ${firstLine(messageOf(error))}`;
    }
    if (provider === 'cuda' || provider === 'tensorrt') return whyNoCuda(provider);
    return bundled.includes(provider)
      ? undefined
      : `ONNX Runtime for ${process.platform} ${process.arch} comes without it`;
  },

  async open(source, provider, options) {
    const plain = ortOptions(provider, options);
    const opened = await (provider === 'cpu' && options.cache && source.hash !== undefined
      ? openWithCache(source, source.hash, plain, options.cache)
      : openPlain(source, plain, 'off'));
    returnFreedMemory();
    return wrap(opened);
  },
};

/** Name and version; a plain name if there is no native build. */
export function nativeVersion(): string {
  try {
    return `onnxruntime-node ${loadOrt().env.versions.node ?? 'unknown'}`;
  } catch {
    return 'onnxruntime-node absent';
  }
}

function wrap({ session, optimized, optimizedModel }: Opened): Session {
  const feedCache = new FeedCache(loadOrt().Tensor);
  let closed = false;
  return {
    inputs: describe(session.inputMetadata, 'input'),
    outputs: describe(session.outputMetadata, 'output'),
    optimized,
    ...(optimizedModel ? { optimizedModel } : {}),
    run: async (feeds, fetches) => unwrap(await session.run(feedCache.wrap(feeds), fetches)),
    async close() {
      if (closed) return;
      closed = true;
      await session.release();
      returnFreedMemory();
    },
  };
}

interface Opened {
  readonly session: OrtSession;
  readonly optimized: Optimized;
  readonly optimizedModel?: OptimizedModel;
}

async function openPlain(source: ModelSource, options: OrtOptions, optimized: Optimized): Promise<Opened> {
  const { model, externalData: files } = await source.read();
  // The binding takes one "./" away before it compares with what the model says.
  const externalData = files.map(({ path: location, data }) => ({ path: `./${location}`, data }));
  const session = await loadOrt().InferenceSession.create(model, { ...options, externalData });
  return { session, optimized };
}

/** Loads the optimized model of this device, or makes it on the way. */
async function openWithCache(
  source: ModelSource,
  modelHash: string,
  options: OrtOptions,
  cache: OptimizedCache,
): Promise<Opened> {
  const { InferenceSession } = loadOrt();
  const key: OptimizedKey = { modelHash, runtime: `${nativeVersion()} level=all`, cpu: cpuIdentity() };
  const known = await readOptimized(cache, key);
  if (known !== undefined) {
    const asItIs = { ...options, graphOptimizationLevel: 'disabled' } as const;
    const session = await InferenceSession.create(known.bytes, asItIs).catch(() => undefined);
    if (session) return { session, optimized: 'reused', optimizedModel: known.model };
  }
  if (cache.scratch === undefined) return openPlain(source, options, 'off');
  const made = await reserveOptimized(cache.scratch).catch(() => undefined);
  if (made === undefined) return openPlain(source, options, 'failed');
  let session: OrtSession | undefined;
  try {
    ({ session } = await openPlain(source, { ...options, optimizedModelFilePath: made }, 'made'));
    return { session, optimized: 'made', optimizedModel: await describeOptimized(key, made) };
  } catch {
    await rm(made, { force: true }).catch(() => undefined);
    // Whether the model or the disk is at fault shows without the cache.
    return session ? { session, optimized: 'failed' } : openPlain(source, options, 'failed');
  }
}

function ortOptions(provider: Provider, options: SessionOptions): OrtOptions {
  return {
    // The CPU takes what an accelerator cannot; ONNX Runtime adds it by itself.
    executionProviders: provider === 'tensorrt' ? ['tensorrt', 'cuda'] : [provider],
    ...(options.intraOpThreads > 0 ? { intraOpNumThreads: options.intraOpThreads } : {}),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Errors only: a warning on stderr would look like a fault in the component's log.
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: { allow_spinning: options.spinning ? '1' : '0' },
        // Weights that were not handed over with the model are not looked for on the disk, in whatever folder this process runs.
        model_external_initializers_file_folder_path: NO_FOLDER,
      },
    },
  };
}

/** CUDA and TensorRT are libraries beside the binding, which npm packages leave out. */
function whyNoCuda(provider: 'cuda' | 'tensorrt'): string | undefined {
  if (!['linux', 'win32'].includes(process.platform) || process.arch !== 'x64') {
    return `ONNX Runtime has no ${provider} build for ${process.platform} ${process.arch} on npm; use "webgpu" or "cpu"`;
  }
  const main = resolvePackage('onnxruntime-node/package.json');
  if (main === undefined) return 'onnxruntime-node is not installed';
  const library =
    process.platform === 'win32' ? `onnxruntime_providers_${provider}.dll` : `libonnxruntime_providers_${provider}.so`;
  const folder = path.join(path.dirname(main), 'bin', 'napi-v6', process.platform, process.arch);
  if (existsSync(path.join(folder, library))) return undefined;
  return (
    `${library} is not installed beside ONNX Runtime. To install it, run "ONNXRUNTIME_NODE_INSTALL=cuda12 node script/install.js" ` +
    `in ${path.dirname(main)} on a machine with internet access, and CUDA 12 with cuDNN 9${provider === 'tensorrt' ? ' and TensorRT 10' : ''} on the device`
  );
}

/** No file can be in it. */
const NO_FOLDER = process.platform === 'win32' ? 'NUL' : '/dev/null';

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
